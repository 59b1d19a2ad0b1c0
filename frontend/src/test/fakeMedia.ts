import { vi } from 'vitest';

/** A microphone's stream with one track; only what the recorder touches. */
export function fakeStream() {
  const track = { stop: vi.fn() };
  const stream = { getTracks: () => [track] } as unknown as MediaStream;
  return { stream, track };
}

/** Replaces navigator.mediaDevices; undefined is what a page on plain http sees. */
export function stubMediaDevices(
  getUserMedia?: (c: MediaStreamConstraints) => Promise<MediaStream>,
) {
  const value = getUserMedia && { getUserMedia };
  Object.defineProperty(navigator, 'mediaDevices', { configurable: true, value });
}

/** A MediaRecorder that can record the given types and delivers `data` when it is stopped. */
export function stubMediaRecorder(supportedTypes: string[], data = new Blob(['voice'])) {
  class FakeMediaRecorder extends EventTarget {
    static isTypeSupported(type: string) {
      return supportedTypes.includes(type);
    }

    state: RecordingState = 'inactive';

    start() {
      this.state = 'recording';
    }

    stop() {
      this.state = 'inactive';
      this.dispatchEvent(Object.assign(new Event('dataavailable'), { data }));
      this.dispatchEvent(new Event('stop'));
    }
  }
  vi.stubGlobal('MediaRecorder', FakeMediaRecorder);
}

/** An AudioContext whose worklet hands over `blocks` as soon as the page listens. */
export function stubAudioWorklet(blocks: Float32Array[], sampleRateHz = 48_000) {
  const close = vi.fn(() => Promise.resolve());
  const addModule = vi.fn(() => Promise.resolve());

  class FakeAudioContext {
    readonly sampleRate = sampleRateHz;
    readonly audioWorklet = { addModule };
    state = 'running';

    createMediaStreamSource() {
      return { connect: vi.fn() };
    }

    resume() {
      return Promise.resolve();
    }

    close() {
      this.state = 'closed';
      return close();
    }
  }

  class FakeAudioWorkletNode {
    readonly connect = vi.fn();
    readonly port = {
      set onmessage(listener: (event: { data: Float32Array }) => void) {
        for (const data of blocks) listener({ data });
      },
    };
  }

  vi.stubGlobal('AudioContext', FakeAudioContext);
  vi.stubGlobal('AudioWorkletNode', FakeAudioWorkletNode);
  return { addModule, close };
}
