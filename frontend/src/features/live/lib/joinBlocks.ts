import { countSamples } from '@/lib/microphone/pcm16';

/** Blocks of samples as one. */
export function joined(blocks: Float32Array[]): Float32Array {
  const samples = new Float32Array(countSamples(blocks));
  let at = 0;
  for (const block of blocks) {
    samples.set(block, at);
    at += block.length;
  }
  return samples;
}
