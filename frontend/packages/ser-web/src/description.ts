/** What an emotion says of sentiment, valence and arousal. */
export interface Rating {
  sentiment: 'negative' | 'neutral' | 'positive';
  /** From -1 (unpleasant) to 1 (pleasant). */
  valence: number;
  /** From -1 (calm) to 1 (excited). */
  arousal: number;
}

/** Mean and deviation of the training speakers' features. */
export interface Scaling {
  mean: readonly number[];
  scale: readonly number[];
}

/** What `GET /models/<name>` says of a model, as far as an answer needs it. */
export interface Description {
  name: string;
  emotions: readonly string[];
  network_labels: readonly string[];
  abstains_below: number;
  min_speech_s: number;
  tells_intensity: boolean;
  takes_baseline: boolean;
  baseline_kind: string;
  scaling: Scaling | null;
  prior_frames: number;
  /** Empty where they are not known of an emotion. */
  ratings: Readonly<Record<string, Rating>>;
  /** Relative to where the description is. */
  onnx_url: string;
  /** The output with the model's labels, of each window. */
  onnx_output: string;
  onnx_sha256: string | null;
}

const KNOWN = {
  name: 'string',
  emotions: 'object',
  network_labels: 'object',
  abstains_below: 'number',
  min_speech_s: 'number',
  baseline_kind: 'string',
  prior_frames: 'number',
  ratings: 'object',
  onnx_url: 'string',
  onnx_output: 'string',
};

/** Whether it has what an answer needs; a server of an older version does not give it. */
export function isDescription(value: unknown): value is Description {
  if (typeof value !== 'object' || value === null) return false;
  const given = value as Record<string, unknown>;
  return Object.entries(KNOWN).every(([name, type]) => given[name] !== null && typeof given[name] === type);
}
