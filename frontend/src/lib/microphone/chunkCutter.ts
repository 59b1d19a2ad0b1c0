/** Cuts a stream of sample blocks into chunks of exactly the given length, without a gap. */
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
