import { expose } from 'comlink';
import { load } from 'ser-web';
import type { LiveSession } from 'ser-web/live';
import type { AnalyzeOptions, EmotionModel, StreamOptions } from 'ser-web/model';
import { Problem } from 'ser-web/problem';
import speechDetector from 'ser-web/silero_vad.onnx?url';

/** An error of another thread loses everything but its text, so problems are answers here. */
export type Outcome<T> = { value: T } | { problem: { code: string; text: string } };

async function outcome<T>(work: () => Promise<T>): Promise<Outcome<T>> {
  try {
    return { value: await work() };
  } catch (error) {
    const code = error instanceof Problem ? error.code : 'unexpected';
    return { problem: { code, text: error instanceof Error ? error.message : String(error) } };
  }
}

let model: EmotionModel | undefined;
/** What is under way, by the number that the page gave it. */
const analyses = new Map<number, AbortController>();
const streams = new Map<number, LiveSession>();

function loaded(): EmotionModel {
  if (!model) throw new Problem('model_unavailable', 'No model is loaded yet.');
  return model;
}

function stream(id: number): LiveSession {
  const found = streams.get(id);
  if (!found) throw new Problem('model_unavailable', 'This stream is closed.');
  return found;
}

const worker = {
  load: (
    url: string,
    onProgress: (loaded: number, total: number | undefined) => void,
    headers: Record<string, string>,
  ) =>
    outcome(async () => {
      model = await load(url, { speechDetector, onProgress, headers });
    }),
  predict: (samples: Float32Array, baseline: string | undefined, adapt: boolean | undefined) =>
    outcome(() => loaded().predict(samples, { baseline, adapt })),
  learn: (samples: Float32Array) => outcome(() => loaded().learn(samples)),
  analyze: (
    id: number,
    samples: Float32Array,
    baseline: string,
    onProgress: NonNullable<AnalyzeOptions['onProgress']>,
  ) =>
    outcome(async () => {
      const controller = new AbortController();
      analyses.set(id, controller);
      try {
        return await loaded().analyze(samples, { baseline, onProgress, signal: controller.signal });
      } finally {
        analyses.delete(id);
      }
    }),
  cancel: (id: number) => analyses.get(id)?.abort(),
  openStream: (id: number, options: StreamOptions) =>
    outcome(async () => {
      streams.set(id, await loaded().stream(options));
    }),
  /** Leaves results out of all pieces but the last one. */
  feed: (id: number, pieces: Float32Array[]) =>
    outcome(async () => {
      const lines = [];
      for (const [i, piece] of pieces.entries()) {
        lines.push(...(await stream(id).feed(piece, i < pieces.length - 1)));
      }
      return lines;
    }),
  finish: (id: number) => outcome(() => stream(id).finish()),
  closeStream: (id: number) => streams.delete(id),
  /** The addresses of all files that were loaded here. */
  files: () => performance.getEntriesByType('resource').map(({ name }) => name),
};

export type DeviceWorker = typeof worker;

expose(worker);
