import { proxy, transfer, wrap } from 'comlink';
import { predictAnswerSchema } from '../apiSchemas';
import type { EmotionService } from '../emotionService';
import { changedProblem, ProblemError, type Problem } from '../problem';
import { decodeClip } from './decodeClip';
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
}

const texts = new Map<string, Pick<Problem, 'title' | 'remedy'>>([
  ['no_speech', { title: 'No speech detected', remedy: 'Say a sentence, close to the microphone.' }],
  ['too_short', { title: 'Too short', remedy: 'Speak for a second or longer, then try again.' }],
  ['bad_baseline', { title: 'The baseline cannot be read', remedy: 'Learn your voice again.' }],
  [
    'baseline_too_short',
    { title: 'Too little speech was found', remedy: 'Read the whole time, close to the microphone.' },
  ],
]);

/** The problem of a model in this browser; the server is the way out of all that no user can mend. */
function toDeviceProblem({ code, text }: { code: string; text: string }): Problem {
  const known = texts.get(code);
  if (known) return { code, ...known };
  // No code of the server: nothing would be better after a while.
  return { code: 'device_failed', title: 'This device cannot answer', remedy: `${text} Switch to the server.` };
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
export async function openDevice(model: string, { signal, onProgress }: DeviceOptions): Promise<Device> {
  const thread = new Worker(new URL('./deviceWorker.ts', import.meta.url), { type: 'module' });
  const failed = new Promise<never>((_, reject) => {
    thread.addEventListener('error', ({ message }) => {
      reject(new ProblemError(toDeviceProblem({ code: 'unexpected', text: message || 'Its program is not there.' })));
    });
    signal.addEventListener('abort', () => {
      reject(new ProblemError(changedProblem));
    });
  });
  // It is waited for only while a request is open.
  failed.catch(() => undefined);
  const remote = wrap<DeviceWorker>(thread);
  const ask = async <T>(answer: Promise<Outcome<T>>) => valueOf(await Promise.race([answer, failed]));
  const close = () => {
    thread.terminate();
  };
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
    predict: async (clip, { baseline, adapt, signal: cancelled }) => {
      const start = performance.now();
      const samples = await decodeClip(clip);
      const answer = await ask(remote.predict(transfer(samples, [samples.buffer]), baseline, adapt));
      // For the browser's tools, and benchmarks/on_device.py.
      performance.measure('answer on this device', { start });
      cancelled.throwIfAborted();
      return predictAnswerSchema.parse({ ...answer, timestamp: new Date().toISOString() });
    },
    baseline: async (speech, { signal: cancelled }) => {
      const samples = await decodeClip(speech);
      const answer = await ask(remote.learn(transfer(samples, [samples.buffer])));
      cancelled.throwIfAborted();
      return answer;
    },
  };
}
