import { expect, it, vi } from 'vitest';
import { createChunkCutter } from './chunkCutter';

function ramp(from: number, length: number): Float32Array {
  return Float32Array.from({ length }, (_, i) => from + i);
}

function joined(blocks: Float32Array[]): number[] {
  return blocks.flatMap((block) => [...block]);
}

it.each([
  [1, 100],
  [128, 300],
  [128, 128],
  [700, 300],
])('cuts blocks of %i to chunks of %i without losing a sample', (blockLength, chunkSamples) => {
  const chunks: number[][] = [];
  const { take } = createChunkCutter(chunkSamples, (blocks) => chunks.push(joined(blocks)));
  const total = 2100;
  for (let from = 0; from < total; from += blockLength) {
    take(ramp(from, Math.min(blockLength, total - from)));
  }
  expect(chunks).toHaveLength(Math.floor(total / chunkSamples));
  expect(chunks.every((chunk) => chunk.length === chunkSamples)).toBe(true);
  expect(chunks.flat()).toEqual([...ramp(0, chunks.length * chunkSamples)]);
});

it('delivers nothing before a chunk is whole', () => {
  const onChunk = vi.fn();
  createChunkCutter(300, onChunk).take(ramp(0, 299));
  expect(onChunk).not.toHaveBeenCalled();
});

it('gives what is left when it is flushed', () => {
  const chunks: number[][] = [];
  const { take, flush } = createChunkCutter(300, (blocks) => chunks.push(joined(blocks)));
  take(ramp(0, 450));
  flush();
  expect(chunks.map(({ length }) => length)).toEqual([300, 150]);
  expect(chunks.flat()).toEqual([...ramp(0, 450)]);
});
