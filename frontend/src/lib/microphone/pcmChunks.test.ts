import { expect, it, vi } from 'vitest';
import { fakeStream, stubAudioContext } from '@/test/fakeMedia';
import type { Chunk } from './chunk';
import { streamPcmChunks } from './pcmChunks';

async function record() {
  const chunks: Chunk[] = [];
  const onFailure = vi.fn();
  const stop = await streamPcmChunks(fakeStream().stream, {
    onChunk: (chunk) => chunks.push(chunk),
    onFailure,
  });
  return { chunks, onFailure, stop };
}

it('makes WAV files of exactly 3 s at the rate of the audio context', async () => {
  const { play } = stubAudioContext(44_100);
  const { chunks } = await record();
  for (let second = 0; second < 7; second++) play(new Float32Array(44_100));
  expect(chunks).toHaveLength(2);
  for (const { file } of chunks) {
    expect(file).toMatchObject({
      name: 'recording.wav',
      type: 'audio/wav',
      size: 44 + 2 * 3 * 44_100,
    });
  }
});

it('delivers nothing after it is stopped', async () => {
  const { play, close } = stubAudioContext(8000);
  const { chunks, stop } = await record();
  stop();
  play(new Float32Array(8000 * 3));
  expect(chunks).toEqual([]);
  expect(close).toHaveBeenCalledOnce();
});

it.each([
  [0.7, []],
  [0.9, [0.9]],
  [3.9, [3, 0.9]],
])('stopped after %d s, it delivers chunks of %j s', async (durationS, expected) => {
  const { play } = stubAudioContext(8000);
  const { chunks, stop } = await record();
  play(new Float32Array(8000 * durationS));
  stop();
  expect(chunks.map(({ file }) => (file.size - 44) / 2 / 8000)).toEqual(expected);
  for (const { startMs, endMs } of chunks) expect(endMs).toBeGreaterThan(startMs);
});

it('reports when the worklet breaks', async () => {
  const { breakWorklet } = stubAudioContext();
  const { onFailure } = await record();
  breakWorklet();
  expect(onFailure).toHaveBeenCalledOnce();
});

it('reports when the system takes the audio away for good', async () => {
  vi.useFakeTimers();
  const { setState } = stubAudioContext();
  const { onFailure } = await record();
  setState('interrupted');
  vi.advanceTimersByTime(3000);
  expect(onFailure).toHaveBeenCalledOnce();
  vi.useRealTimers();
});

it('closes the context when the worklet cannot be loaded', async () => {
  const { addModule, close } = stubAudioContext();
  addModule.mockRejectedValue(new Error('404'));
  await expect(record()).rejects.toThrow('404');
  expect(close).toHaveBeenCalledOnce();
});

it('says so where the browser has no AudioWorklet', async () => {
  await expect(record()).rejects.toMatchObject({ problem: { code: 'recording_unsupported' } });
});
