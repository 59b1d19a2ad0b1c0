import { vi } from 'vitest';

/** A microphone's stream with one track; only what the recorder touches. */
export function fakeStream() {
  const track = Object.assign(new EventTarget(), { stop: vi.fn() });
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

export interface Recorded {
  startedAtMs: number;
  endedAtMs: number;
}

interface RecorderOptions {
  /** How long the browser takes to begin recording. */
  startDelayMs?: number;
  data?: Blob;
}

/**
 * A MediaRecorder that can record the given types and delivers `data` when it is stopped.
 * Returns what was recorded when, the recordings still under way with an infinite end.
 */
export function stubMediaRecorder(
  supportedTypes: string[],
  { startDelayMs = 0, data = new Blob(['voice']) }: RecorderOptions = {},
): Recorded[] {
  const timeline: Recorded[] = [];

  class FakeMediaRecorder extends EventTarget {
    static isTypeSupported(type: string) {
      return supportedTypes.includes(type);
    }

    state: RecordingState = 'inactive';
    #recorded: Recorded | undefined;

    start() {
      this.state = 'recording';
      setTimeout(() => {
        this.#recorded = { startedAtMs: Date.now(), endedAtMs: Infinity };
        timeline.push(this.#recorded);
        this.dispatchEvent(new Event('start'));
      }, startDelayMs);
    }

    stop() {
      this.state = 'inactive';
      if (this.#recorded) this.#recorded.endedAtMs = Date.now();
      this.dispatchEvent(Object.assign(new Event('dataavailable'), { data }));
      this.dispatchEvent(new Event('stop'));
    }
  }
  vi.stubGlobal('MediaRecorder', FakeMediaRecorder);
  return timeline;
}

/**
 * An AudioContext whose worklet and analyser receive what the test plays. A fixed one connects a
 * microphone at the rate of the system only, as Firefox does.
 */
export function stubAudioContext(sampleRateHz = 48_000, { isFixed = false } = {}) {
  const close = vi.fn(() => Promise.resolve());
  const addModule = vi.fn(() => Promise.resolve());
  const resume = vi.fn(() => Promise.resolve());
  const results = { level: 0 };
  const contexts: FakeAudioContext[] = [];
  const worklets: FakeAudioWorkletNode[] = [];

  class FakeAudioContext extends EventTarget {
    readonly sampleRate: number;
    readonly audioWorklet = { addModule };
    readonly close = close;
    readonly resume = resume;
    state: AudioContextState = 'running';

    constructor({ sampleRate = sampleRateHz }: AudioContextOptions = {}) {
      super();
      this.sampleRate = sampleRate;
      contexts.push(this);
    }

    createMediaStreamSource() {
      if (isFixed && this.sampleRate !== sampleRateHz) {
        throw new DOMException('other sample rate', 'NotSupportedError');
      }
      return { connect: vi.fn() };
    }

    createAnalyser() {
      return {
        fftSize: 2048,
        getFloatTimeDomainData: (samples: Float32Array) => samples.fill(-results.level),
      };
    }
  }

  class FakeAudioWorkletNode extends EventTarget {
    readonly connect = vi.fn();
    readonly port: { onmessage: ((event: { data: Float32Array }) => void) | null } = {
      onmessage: null,
    };

    constructor() {
      super();
      worklets.push(this);
    }
  }

  vi.stubGlobal('AudioContext', FakeAudioContext);
  vi.stubGlobal('AudioWorkletNode', FakeAudioWorkletNode);
  return {
    addModule,
    close,
    resume,
    setState: (state: AudioContextState) => {
      for (const context of contexts) {
        context.state = state;
        context.dispatchEvent(new Event('statechange'));
      }
    },
    breakWorklet: () => worklets.at(-1)?.dispatchEvent(new Event('processorerror')),
    setLevel: (level: number) => {
      results.level = level;
    },
    play: (block: Float32Array) => worklets.at(-1)?.port.onmessage?.({ data: block }),
  };
}
