import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { fakeStream, stubMediaRecorder, type Recorded } from '@/test/fakeMedia';
import { CHUNK_MS, type Chunk } from './chunk';
import { streamRecorderChunks } from './recorderChunks';

/** Time for the events of a turn to arrive. */
const SETTLE_MS = 10;

const container = { mimeType: 'audio/mp4', fileName: 'recording.m4a' };

beforeEach(() => {
  vi.useFakeTimers();
});

afterEach(() => {
  vi.restoreAllMocks();
  vi.useRealTimers();
});

function record() {
  const chunks: Chunk[] = [];
  const onFailure = vi.fn();
  const stop = streamRecorderChunks(fakeStream().stream, container, {
    onChunk: (chunk) => chunks.push(chunk),
    onFailure,
  });
  return { chunks, onFailure, stop };
}

/** The time between the first start and the last end that no recorder recorded. */
function gapMs(timeline: Recorded[]): number {
  let coveredUntilMs = timeline[0]?.startedAtMs ?? 0;
  let gap = 0;
  for (const { startedAtMs, endedAtMs } of timeline) {
    gap += Math.max(0, startedAtMs - coveredUntilMs);
    coveredUntilMs = Math.max(coveredUntilMs, endedAtMs);
  }
  return gap;
}

/** The clock goes on while nothing runs. */
function sleep(durationMs: number): void {
  const now = performance.now.bind(performance);
  vi.spyOn(performance, 'now').mockImplementation(() => now() + durationMs);
}

describe('the endless loop', () => {
  it.each([0, 40, 250])(
    'leaves no gap between chunks when a recorder takes %i ms to start',
    async (startDelayMs) => {
      const timeline = stubMediaRecorder([container.mimeType], { startDelayMs });
      const { chunks } = record();
      await vi.advanceTimersByTimeAsync(10 * CHUNK_MS + startDelayMs + SETTLE_MS);
      expect(chunks).toHaveLength(10);
      expect(gapMs(timeline)).toBe(0);
    },
  );

  it('does not drift: each chunk begins 3 s after the one before', async () => {
    stubMediaRecorder([container.mimeType], { startDelayMs: 40 });
    const beginMs = performance.now();
    const { chunks } = record();
    await vi.advanceTimersByTimeAsync(5 * CHUNK_MS + 40 + SETTLE_MS);
    expect(chunks.map(({ startMs }) => startMs - beginMs)).toEqual(
      [0, 1, 2, 3, 4].map((index) => index * CHUNK_MS + 40),
    );
  });

  it.each([-3_600_000, 3_600_000])('goes on when the clock is set by %i ms', async (changeMs) => {
    stubMediaRecorder([container.mimeType]);
    const { chunks } = record();
    vi.setSystemTime(Date.now() + changeMs);
    await vi.advanceTimersByTimeAsync(2 * CHUNK_MS + SETTLE_MS);
    expect(chunks).toHaveLength(2);
    for (const { startMs, endMs } of chunks) expect(endMs - startMs).toBeCloseTo(CHUNK_MS, -1);
  });

  it('never makes a sliver of a chunk after the computer has slept', async () => {
    stubMediaRecorder([container.mimeType]);
    const { chunks } = record();
    sleep(2.9 * CHUNK_MS);
    await vi.advanceTimersByTimeAsync(3 * CHUNK_MS);
    const [, second] = chunks;
    expect(second && second.endMs - second.startMs).toBeGreaterThanOrEqual(CHUNK_MS / 2);
  });

  it('makes no chunk that spans the sleep of the computer', async () => {
    stubMediaRecorder([container.mimeType]);
    const { chunks } = record();
    await vi.advanceTimersByTimeAsync(CHUNK_MS / 2);
    sleep(3_600_000);
    await vi.advanceTimersByTimeAsync(CHUNK_MS);
    const [first] = chunks;
    expect(first && first.endMs - first.startMs).toBe(2 * CHUNK_MS);
  });

  it('delivers each chunk as a file of its own', async () => {
    stubMediaRecorder([container.mimeType], { data: new Blob(['12345']) });
    const { chunks } = record();
    await vi.advanceTimersByTimeAsync(CHUNK_MS + SETTLE_MS);
    expect(chunks[0]?.file).toMatchObject({ name: 'recording.m4a', type: 'audio/mp4', size: 5 });
  });
});

describe('the end', () => {
  it.each([
    [0.7, 0],
    [2.5, 1],
    [3.7, 1],
    [4.5, 2],
  ])('after %d s it leaves %i chunks, no recorder and no timer', async (afterS, expected) => {
    const timeline = stubMediaRecorder([container.mimeType]);
    const { chunks, stop } = record();
    await vi.advanceTimersByTimeAsync(1000 * afterS);
    stop();
    await vi.advanceTimersByTimeAsync(10 * CHUNK_MS);
    expect(chunks).toHaveLength(expected);
    expect(timeline.every(({ endedAtMs }) => endedAtMs < Infinity)).toBe(true);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('waits for a recorder that does not begin, and begins no other meanwhile', async () => {
    const timeline = stubMediaRecorder([container.mimeType], { startDelayMs: 1.5 * CHUNK_MS });
    const { chunks, onFailure } = record();
    await vi.advanceTimersByTimeAsync(3 * CHUNK_MS);
    expect(timeline).toHaveLength(1);
    await vi.advanceTimersByTimeAsync(CHUNK_MS);
    expect(chunks).toHaveLength(1);
    expect(onFailure).not.toHaveBeenCalled();
  });

  it('reports when the microphone stalls', async () => {
    stubMediaRecorder([container.mimeType], { startDelayMs: 3_600_000 });
    const { onFailure } = record();
    await vi.advanceTimersByTimeAsync(10 * CHUNK_MS);
    expect(onFailure).toHaveBeenCalledExactlyOnceWith(
      expect.objectContaining({
        problem: expect.objectContaining({ code: 'microphone_stalled' }) as unknown,
      }),
    );
  });

  it('reports when a recorder delivers nothing', async () => {
    stubMediaRecorder([container.mimeType], { data: new Blob([]) });
    const { chunks, onFailure } = record();
    await vi.advanceTimersByTimeAsync(CHUNK_MS + SETTLE_MS);
    expect(chunks).toEqual([]);
    expect(onFailure).toHaveBeenCalledOnce();
  });

  it('reports when a recorder cannot be started any more', async () => {
    stubMediaRecorder([container.mimeType]);
    const { onFailure } = record();
    vi.stubGlobal('MediaRecorder', undefined);
    await vi.advanceTimersByTimeAsync(CHUNK_MS + SETTLE_MS);
    expect(onFailure).toHaveBeenCalledOnce();
  });
});
