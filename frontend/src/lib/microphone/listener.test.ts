import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import {
  fakeStream,
  stubAudioContext,
  stubMediaDevices,
  stubMediaRecorder,
} from '@/test/fakeMedia';
import { CHUNK_MS } from './chunk';
import { startListener } from './listener';
import { streamChunks } from './streamChunks';

const getUserMedia = vi.fn<(constraints: MediaStreamConstraints) => Promise<MediaStream>>();
let microphone = fakeStream();
let audio: ReturnType<typeof stubAudioContext>;

beforeEach(() => {
  vi.useFakeTimers();
  microphone = fakeStream();
  audio = stubAudioContext();
  getUserMedia.mockReset().mockResolvedValue(microphone.stream);
  stubMediaDevices(getUserMedia);
  stubMediaRecorder(['audio/webm;codecs=opus']);
});

afterEach(() => {
  vi.useRealTimers();
});

function listen(signal = new AbortController().signal) {
  const handlers = { onChunk: vi.fn(), onFailure: vi.fn() };
  const listener = startListener({
    microphone: { voiceProcessing: false, deviceId: '' },
    signal,
    record: (stream) => streamChunks(stream, handlers),
    onFailure: handlers.onFailure,
  });
  return { listener, ...handlers };
}

it('records chunk after chunk until it is stopped, then closes everything', async () => {
  const { listener, onChunk } = listen();
  const { stop } = await listener;
  await vi.advanceTimersByTimeAsync(2.1 * CHUNK_MS);
  stop();
  expect(onChunk).toHaveBeenCalledTimes(2);
  expect(microphone.track.stop).toHaveBeenCalledOnce();
  expect(audio.close).toHaveBeenCalledOnce();
  expect(vi.getTimerCount()).toBe(0);
});

it('records WAV where MediaRecorder has no container for us', async () => {
  stubMediaRecorder([]);
  const { listener, onChunk } = listen();
  await listener;
  audio.play(new Float32Array(3 * 48_000));
  expect(onChunk).toHaveBeenCalledWith(
    expect.objectContaining({ file: expect.objectContaining({ name: 'recording.wav' }) as File }),
  );
});

it('closes the microphone that opens after it was cancelled', async () => {
  const controller = new AbortController();
  const { listener } = listen(controller.signal);
  controller.abort();
  await expect(listener).rejects.toThrow();
  expect(microphone.track.stop).toHaveBeenCalledOnce();
});

it('closes the microphone at once when it is cancelled while recording begins', async () => {
  stubMediaRecorder([]);
  audio.addModule.mockReturnValue(new Promise(() => undefined));
  const controller = new AbortController();
  listen(controller.signal);
  await vi.advanceTimersByTimeAsync(0);
  expect(microphone.track.stop).not.toHaveBeenCalled();
  controller.abort();
  expect(microphone.track.stop).toHaveBeenCalledOnce();
});

it('closes the microphone when recording cannot begin', async () => {
  stubMediaRecorder([]);
  audio.addModule.mockRejectedValue(new Error('404'));
  await expect(listen().listener).rejects.toThrow('404');
  expect(microphone.track.stop).toHaveBeenCalledOnce();
});

it('reports when the microphone is unplugged', async () => {
  const { listener, onFailure } = listen();
  await listener;
  microphone.track.dispatchEvent(new Event('ended'));
  expect(onFailure).toHaveBeenCalledExactlyOnceWith(
    expect.objectContaining({
      problem: expect.objectContaining({ code: 'microphone_lost' }) as unknown,
    }),
  );
});
