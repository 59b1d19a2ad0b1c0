import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { BaselineStore } from '@/features/voice/lib/baselineStore';
import type { EmotionService } from '@/lib/emotionService';
import { ProblemError } from '@/lib/problem';
import { audioFile, happy, model } from '@/test/fixtures';
import type { Chunk, ChunkHandlers } from '@/lib/microphone/chunk';
import { createChunkTransport } from './chunkTransport';
import type { RequestSettings } from './transport';

const recording = vi.hoisted((): { handlers?: ChunkHandlers } => ({}));

vi.mock('@/lib/microphone/streamChunks', () => ({
  streamChunks: (_stream: MediaStream, handlers: ChunkHandlers) => {
    recording.handlers = handlers;
    return Promise.resolve(vi.fn());
  },
}));

function service() {
  return {
    predict: vi.fn<EmotionService['predict']>(),
    baseline: vi.fn<EmotionService['baseline']>(),
    analyze: vi.fn<EmotionService['analyze']>(),
  };
}

const events = {
  onResult: vi.fn(),
  onSkipped: vi.fn(),
  onRefused: vi.fn(),
  onServer: vi.fn(),
};
let settings: RequestSettings;
let [server, device] = [service(), service()];

function chunk(): Chunk {
  const endMs = performance.now();
  return { file: audioFile(), startMs: endMs - 3000, endMs };
}

async function transport() {
  const created = createChunkTransport(() => settings, events);
  await created.record({} as MediaStream, vi.fn());
  return created;
}

beforeEach(() => {
  vi.useFakeTimers();
  vi.clearAllMocks();
  [server, device] = [service(), service()];
  settings = { model, isModelPending: false, baselines: new BaselineStore(), service: server };
});

afterEach(() => {
  vi.useRealTimers();
});

it('has each chunk answered', async () => {
  server.predict.mockResolvedValue(happy);
  await transport();
  recording.handlers?.onChunk(chunk());
  await vi.waitFor(() => {
    expect(events.onResult).toHaveBeenCalledWith(expect.objectContaining({ model: model.name }), happy);
  });
});

it('sends nothing while the model is pending', async () => {
  settings = { ...settings, isModelPending: true };
  await transport();
  recording.handlers?.onChunk(chunk());
  await vi.advanceTimersByTimeAsync(0);
  expect(server.predict).not.toHaveBeenCalled();
  expect(events.onSkipped).toHaveBeenCalledOnce();
});

it('leaves out a chunk that was begun for another service', async () => {
  settings = { ...settings, service: device };
  const created = await transport();
  await vi.advanceTimersByTimeAsync(5000);
  settings = { ...settings, service: server };
  created.follow();
  await vi.advanceTimersByTimeAsync(1000);
  recording.handlers?.onChunk(chunk());
  expect(events.onSkipped).toHaveBeenCalledOnce();
  await vi.advanceTimersByTimeAsync(3000);
  server.predict.mockResolvedValue(happy);
  recording.handlers?.onChunk(chunk());
  await vi.advanceTimersByTimeAsync(0);
  expect(server.predict).toHaveBeenCalledOnce();
  expect(device.predict).not.toHaveBeenCalled();
});

it('sends a chunk that waits to nobody else than it was recorded for', async () => {
  settings = { ...settings, service: device };
  let answer: (prediction: typeof happy) => void = () => undefined;
  device.predict.mockReturnValueOnce(
    new Promise((resolve) => {
      answer = resolve;
    }),
  );
  const created = await transport();
  recording.handlers?.onChunk(chunk());
  await vi.advanceTimersByTimeAsync(3000);
  recording.handlers?.onChunk(chunk());
  settings = { ...settings, service: server };
  created.follow();
  // The one that waits, and the one whose answer is still open.
  expect(events.onSkipped).toHaveBeenCalledTimes(2);
  answer(happy);
  await vi.advanceTimersByTimeAsync(10);
  expect(events.onResult).not.toHaveBeenCalled();
  expect(events.onRefused).not.toHaveBeenCalled();
  expect(device.predict).toHaveBeenCalledOnce();
  expect(server.predict).not.toHaveBeenCalled();
});

it('does not wait for a server that is down once the device answers', async () => {
  const away = { code: 'server_away', title: 'Away', remedy: '' };
  server.predict.mockRejectedValue(new ProblemError(away));
  device.predict.mockResolvedValue(happy);
  const created = await transport();
  recording.handlers?.onChunk(chunk());
  await vi.waitFor(() => {
    expect(events.onServer).toHaveBeenLastCalledWith(expect.objectContaining({ kind: 'down' }));
  });
  settings = { ...settings, service: device };
  created.follow();
  expect(events.onServer).toHaveBeenLastCalledWith({ kind: 'up' });
  await vi.advanceTimersByTimeAsync(3000);
  recording.handlers?.onChunk(chunk());
  await vi.waitFor(() => {
    expect(events.onResult).toHaveBeenCalledOnce();
  });
});
