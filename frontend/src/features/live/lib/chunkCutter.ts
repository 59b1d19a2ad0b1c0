/** Cuts a stream of sample blocks into runs of exactly the given length; nothing is lost between. */
export function createChunkCutter(
  chunkSamples: number,
  onChunk: (blocks: Float32Array[]) => void,
): (block: Float32Array) => void {
  let blocks: Float32Array[] = [];
  let missing = chunkSamples;

  return (block) => {
    let rest = block;
    while (rest.length >= missing) {
      onChunk([...blocks, rest.subarray(0, missing)]);
      rest = rest.subarray(missing);
      blocks = [];
      missing = chunkSamples;
    }
    if (rest.length === 0) return;
    blocks.push(rest);
    missing -= rest.length;
  };
}
