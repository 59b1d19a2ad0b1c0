export const BYTES_PER_SAMPLE = 2;

/** Writes blocks of mono samples (-1 to 1, clipped beyond) as 16-bit little-endian PCM. */
export function writePcm16(view: DataView, offset: number, blocks: Float32Array[]): void {
  let at = offset;
  for (const block of blocks) {
    for (const sample of block) {
      const clipped = Math.max(-1, Math.min(1, sample));
      view.setInt16(at, Math.round(clipped * 0x7fff), true);
      at += BYTES_PER_SAMPLE;
    }
  }
}

export function countSamples(blocks: Float32Array[]): number {
  return blocks.reduce((count, block) => count + block.length, 0);
}

/** Joins blocks of mono samples to 16-bit PCM without a header. */
export function encodePcm16(blocks: Float32Array[]): ArrayBuffer {
  const view = new DataView(new ArrayBuffer(countSamples(blocks) * BYTES_PER_SAMPLE));
  writePcm16(view, 0, blocks);
  return view.buffer;
}
