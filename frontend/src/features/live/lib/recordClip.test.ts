import { beforeEach, afterEach, describe, expect, it, vi } from 'vitest';
import {
  fakeStream,
  stubAudioWorklet,
  stubMediaDevices,
  stubMediaRecorder,
} from '../../../test/fakeMedia';
import { RECORDING_MS, recordClip } from './recordClip';

const microphone = fakeStream();
const getUserMedia = vi.fn<(constraints: MediaStreamConstraints) => Promise<MediaStream>>();

beforeEach(() => {
  vi.useFakeTimers();
  microphone.track.stop.mockReset();
  getUserMedia.mockReset().mockResolvedValue(microphone.stream);
  stubMediaDevices(getUserMedia);
  stubMediaRecorder(['audio/webm;codecs=opus']);
});

afterEach(() => {
  vi.useRealTimers();
});

function record(signal = new AbortController().signal) {
  const onRecording = vi.fn();
  const clip = recordClip({ signal, onRecording });
  // Keeps a rejection from being reported before a test comes to look at it.
  clip.catch(vi.fn());
  return { clip, onRecording };
}

describe('recordClip', () => {
  it('records the set time, then closes the microphone', async () => {
    const { clip, onRecording } = record();
    await vi.advanceTimersByTimeAsync(RECORDING_MS - 1);
    expect(onRecording).toHaveBeenCalledOnce();
    expect(microphone.track.stop).not.toHaveBeenCalled();

    await vi.advanceTimersByTimeAsync(1);
    expect((await clip).name).toBe('recording.webm');
    expect(microphone.track.stop).toHaveBeenCalledOnce();
  });

  it('asks for one channel without the processing of phone calls', async () => {
    record();
    await vi.runAllTimersAsync();
    expect(getUserMedia).toHaveBeenCalledWith({
      audio: {
        channelCount: 1,
        echoCancellation: false,
        noiseSuppression: false,
        autoGainControl: false,
      },
    });
  });

  it('records WAV where MediaRecorder has no container for us', async () => {
    stubMediaRecorder([]);
    stubAudioWorklet([new Float32Array(128)]);
    const { clip } = record();
    await vi.runAllTimersAsync();
    expect((await clip).name).toBe('recording.wav');
  });

  it('closes the microphone when it is cancelled', async () => {
    const controller = new AbortController();
    const { clip } = record(controller.signal);
    await vi.advanceTimersByTimeAsync(RECORDING_MS / 2);
    controller.abort();
    await expect(clip).rejects.toMatchObject({ name: 'AbortError' });
    expect(microphone.track.stop).toHaveBeenCalledOnce();
    expect(vi.getTimerCount()).toBe(0);
  });

  it('never records when it is cancelled while the browser still asks', async () => {
    const controller = new AbortController();
    const { clip, onRecording } = record(controller.signal);
    controller.abort();
    await expect(clip).rejects.toMatchObject({ name: 'AbortError' });
    expect(onRecording).not.toHaveBeenCalled();
    expect(microphone.track.stop).toHaveBeenCalledOnce();
  });

  it('closes the microphone when the recorder fails', async () => {
    stubMediaRecorder(['audio/webm;codecs=opus'], new Blob([]));
    const { clip } = record();
    await vi.runAllTimersAsync();
    await expect(clip).rejects.toThrow('no data');
    expect(microphone.track.stop).toHaveBeenCalledOnce();
  });
});
