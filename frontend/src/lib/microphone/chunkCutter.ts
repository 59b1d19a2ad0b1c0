export interface ChunkCutter {
  take: (block: Float32Array) => void;
  /** Gives what is left as a last, shorter chunk. */
  flush: () => void;
}

/** Cuts a stream of sample blocks into chunks of exactly the given length, without a gap. */
export function createChunkCutter(
  chunkSamples: number,
  onChunk: (blocks: Float32Array[]) => void,
): ChunkCutter {
  let blocks: Float32Array[] = [];
  let missing = chunkSamples;

  const cut = () => {
    const chunk = blocks;
    blocks = [];
    missing = chunkSamples;
    onChunk(chunk);
  };
  const take = (block: Float32Array) => {
    let rest = block;
    while (rest.length >= missing) {
      blocks.push(rest.subarray(0, missing));
      rest = rest.subarray(missing);
      cut();
    }
    if (rest.length === 0) return;
    blocks.push(rest);
    missing -= rest.length;
  };
  return { take, flush: cut };
}
