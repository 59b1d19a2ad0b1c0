import { expose } from 'comlink';
import { load, type EmotionModel } from 'ser-web';
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

function loaded(): EmotionModel {
  if (!model) throw new Problem('model_unavailable', 'No model is loaded yet.');
  return model;
}

const worker = {
  load: (url: string, onProgress: (loaded: number, total: number | undefined) => void) =>
    outcome(async () => {
      model = await load(url, { speechDetector, onProgress });
    }),
  predict: (samples: Float32Array, baseline: string | undefined, adapt: boolean | undefined) =>
    outcome(() => loaded().predict(samples, { baseline, adapt })),
  learn: (samples: Float32Array) => outcome(() => loaded().learn(samples)),
};

export type DeviceWorker = typeof worker;

expose(worker);
