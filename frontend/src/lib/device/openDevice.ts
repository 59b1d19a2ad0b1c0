import { proxy, transfer, wrap } from 'comlink';
import type { ProgressLine } from 'ser-web/analyze';
import { decode } from 'ser-web/decode';
import { accessKey } from '../accessKey';
import { predictAnswerSchema } from '../apiSchemas';
import type { AnalyzeOptions, ClipOptions } from '../apiService';
import type { DeviceStream, EmotionService, StreamOptions } from '../emotionService';
import { mediaDurationS } from '../mediaDuration';
import { ProblemError } from '../problem';
import { addresses } from '../site';
import { timelineMessageSchema, timelineSchema } from '../timelineSchemas';
import { deviceProblem, toDeviceError, toDeviceProblem, tooLongProblem } from './deviceProblem';
import type { DeviceWorker, Outcome } from './deviceWorker';
import { keepFiles } from './keepFiles';

/** A model that answers on this device. */
export interface Device extends EmotionService {
  openStream: (options: StreamOptions) => Promise<DeviceStream>;
  /** Keeps all that the device needs, so that it can be opened without a network; returns whether it could. */
  keep: () => Promise<boolean>;
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

/** Decoded in stereo at 48 kHz, as browsers do first, this takes 700 MB. */
export const LONGEST_MINUTES = 30;

async function samplesOf(file: File): Promise<Float32Array> {
  try {
    return await decode(file);
  } catch (error) {
    throw toDeviceError(error);
  }
}

async function recordingOf(file: File, signal: AbortSignal): Promise<Float32Array> {
  const durationS = await mediaDurationS(file);
  signal.throwIfAborted();
  if (durationS !== undefined && durationS > LONGEST_MINUTES * 60) {
    throw new ProblemError(tooLongProblem(LONGEST_MINUTES));
  }
  const samples = await samplesOf(file);
  signal.throwIfAborted();
  return samples;
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
  let lastId = 0;
  const newId = () => (lastId += 1);

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

  async function analyze(recording: File, { signal: cancelled, ...asked }: AnalyzeOptions) {
    // There is nothing to send.
    asked.onUploadProgress?.(1);
    const samples = await recordingOf(recording, cancelled);
    const id = newId();
    const cancel = () => void remote.cancel(id);
    cancelled.addEventListener('abort', cancel);
    // Lines come through a port of their own, so the last ones may come after the answer.
    let isAnswered = false;
    try {
      const onLine = proxy((line: ProgressLine) => {
        if (!cancelled.aborted && !isAnswered) asked.onMessages?.([timelineMessageSchema.parse(line)]);
      });
      const answer = remote.analyze(id, transfer(samples, [samples.buffer]), asked.baseline, onLine);
      const timeline = await ask(answer, { signal: cancelled });
      return timelineSchema.parse({ ...timeline, timestamp: new Date().toISOString() });
    } finally {
      isAnswered = true;
      cancelled.removeEventListener('abort', cancel);
    }
  }

  async function openStream(asked: StreamOptions): Promise<DeviceStream> {
    const id = newId();
    await ask(remote.openStream(id, asked));
    return {
      feed: (pieces) => ask(remote.feed(id, transfer(pieces, pieces.map(({ buffer }) => buffer)))),
      finish: () => ask(remote.finish(id)),
      close: () => void remote.closeStream(id),
    };
  }

  const url = new URL(addresses.model(model), document.baseURI).href;
  try {
    signal.throwIfAborted();
    await ask(remote.load(url, proxy(onProgress), accessKey.headers()));
  } catch (error) {
    close();
    throw error;
  }
  return {
    close,
    keep: async () => keepFiles([...addresses.kept, url, ...(await remote.files())]),
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
    analyze,
    openStream,
  };
}

function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    signal.addEventListener('abort', () => {
      reject(signal.reason as Error);
    });
  });
}
