import { proxy, transfer, wrap } from 'comlink';
import { decode } from 'ser-web/decode';
import { Problem as PackageProblem } from 'ser-web/problem';
import { predictAnswerSchema } from '../apiSchemas';
import type { ClipOptions } from '../apiService';
import type { EmotionService } from '../emotionService';
import { ProblemError, type Problem } from '../problem';
import type { DeviceWorker, Outcome } from './deviceWorker';

/** A model that answers on this device. */
export interface Device extends EmotionService {
  close: () => void;
}

export interface DeviceOptions {
  /** Aborting it frees the model, also once it is open. */
  signal: AbortSignal;
  /** Bytes that have arrived, and how many there are in all where that is known. */
  onProgress: (loaded: number, total: number | undefined) => void;
  /** The open model answers no longer, and never will. */
  onFailure: (error: unknown) => void;
}

const texts = new Map<string, Pick<Problem, 'title' | 'remedy'>>([
  ['no_speech', { title: 'No speech detected', remedy: 'Say a sentence, close to the microphone.' }],
  ['too_short', { title: 'Too short', remedy: 'Speak for a second or longer, then try again.' }],
  [
    'decode_failed',
    { title: 'This browser cannot read the recording', remedy: 'Try again, or use the server instead.' },
  ],
  ['bad_baseline', { title: 'The baseline cannot be read', remedy: 'Learn your voice again.' }],
  [
    'baseline_too_short',
    { title: 'Too little speech was found', remedy: 'Read the whole time, close to the microphone.' },
  ],
]);

async function samplesOf(file: File): Promise<Float32Array> {
  try {
    return await decode(file);
  } catch (error) {
    if (!(error instanceof PackageProblem)) throw error;
    const problem = toDeviceProblem({ code: error.code, text: error.message });
    throw new ProblemError(problem, { cause: error });
  }
}

/** The problem of a model in this browser; the server is the way out of all that no user can mend. */
function toDeviceProblem({ code, text }: { code: string; text: string }): Problem {
  const known = texts.get(code);
  if (known) return { code, ...known };
  // No code of the server: nothing would be better after a while.
  return deviceProblem(text);
}

function deviceProblem(text: string): Problem {
  return { code: 'device_failed', title: 'This device cannot answer', remedy: `${text} Use the server instead.` };
}

function valueOf<T>(outcome: Outcome<T>): T {
  if ('value' in outcome) return outcome.value;
  throw new ProblemError(toDeviceProblem(outcome.problem));
}

/**
 * Loads a model of the server into this browser, in a thread of its own.
 *
 * @throws ProblemError: it cannot be loaded or run here.
 */
export async function openDevice(model: string, options: DeviceOptions): Promise<Device> {
  const { signal, onProgress, onFailure } = options;
  const thread = new Worker(new URL('./deviceWorker.ts', import.meta.url), { type: 'module' });
  const ending = new AbortController();
  const close = () => {
    thread.terminate();
    ending.abort(new ProblemError(deviceProblem('It was turned off.')));
  };
  signal.addEventListener('abort', close);
  const fail = (text: string) => {
    if (ending.signal.aborted) return;
    const error = new ProblemError(deviceProblem(text));
    thread.terminate();
    ending.abort(error);
    onFailure(error);
  };
  thread.addEventListener('error', ({ message }) => {
    fail(message || 'Its program is not there.');
  });
  const remote = wrap<DeviceWorker>(thread);

  /** The answer of the thread, which may end, hang, or no longer be waited for. */
  async function ask<T>(
    answer: Promise<Outcome<T>>,
    { signal: cancelled, timeoutMs = 0 }: Partial<ClipOptions> = {},
  ): Promise<T> {
    const timer =
      timeoutMs > 0
        ? setTimeout(() => {
            fail('It does not answer.');
          }, timeoutMs)
        : undefined;
    const over = AbortSignal.any([ending.signal, ...(cancelled ? [cancelled] : [])]);
    try {
      over.throwIfAborted();
      return valueOf(await Promise.race([answer, aborted(over)]));
    } finally {
      clearTimeout(timer);
    }
  }

  try {
    signal.throwIfAborted();
    const url = new URL(`/models/${encodeURIComponent(model)}`, document.baseURI).href;
    await ask(remote.load(url, proxy(onProgress)));
  } catch (error) {
    close();
    throw error;
  }
  return {
    close,
    predict: async (clip, { baseline, adapt, ...waiting }) => {
      const start = performance.now();
      const samples = await samplesOf(clip);
      const answer = await ask(
        remote.predict(transfer(samples, [samples.buffer]), baseline, adapt),
        waiting,
      );
      // For the browser's tools, and benchmarks/on_device.py.
      performance.measure('answer on this device', { start });
      return predictAnswerSchema.parse({ ...answer, timestamp: new Date().toISOString() });
    },
    baseline: async (speech, waiting) => {
      const samples = await samplesOf(speech);
      return ask(remote.learn(transfer(samples, [samples.buffer])), waiting);
    },
  };
}

function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    signal.addEventListener('abort', () => {
      reject(signal.reason as Error);
    });
  });
}
