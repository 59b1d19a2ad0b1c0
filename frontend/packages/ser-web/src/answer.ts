import type { Description } from './description';

/** As the answer of `POST /predict`, without its time. */
export interface Answer {
  emotion: string;
  /** The probability of `emotion`. */
  confidence: number;
  probabilities: Record<string, number>;
  /** Whether to show it as uncertain. */
  low_information: boolean;
  sentiment: 'negative' | 'neutral' | 'positive' | null;
  valence: number | null;
  arousal: number | null;
  /** 0-100 %, of models that tell it. */
  intensity?: number;
}

/** What a network says of a sound. */
export interface NetworkAnswer {
  /** Of the model's emotions. */
  probabilities: ArrayLike<number>;
  /** Of all labels of the network. */
  network: ArrayLike<number>;
  /** 0-1; undefined where the model does not tell. */
  intensity: number | undefined;
}

/** Sums of rounded probabilities may be wrong by about this much. */
const EQUAL_WITHIN = 0.001;

export function rounded(value: number, decimals = 4): number {
  // Adding zero makes 0 of -0.
  return Math.round(value * 10 ** decimals) / 10 ** decimals + 0;
}

export function indexOfMost(values: ArrayLike<number>): number {
  return Array.from(values).reduce((best, value, i, all) => (value > (all[best] ?? 0) ? i : best), 0);
}

export type Affect = Pick<Answer, 'sentiment' | 'valence' | 'arousal'>;

/** As `ser.models.affect.derive_affect`: means of the ratings, weighted by the probabilities. */
export function affectOf(
  probabilities: Record<string, number>,
  ratings: Description['ratings'],
): Affect {
  const sums = { negative: 0, neutral: 0, positive: 0 };
  let [total, valence, arousal] = [0, 0, 0];
  for (const [emotion, weight] of Object.entries(probabilities)) {
    const rating = ratings[emotion];
    if (!rating) return { sentiment: null, valence: null, arousal: null };
    total += weight;
    sums[rating.sentiment] += weight;
    valence += weight * rating.valence;
    arousal += weight * rating.arousal;
  }
  const most = Math.max(...Object.values(sums));
  const likeliest = (['negative', 'neutral', 'positive'] as const).filter(
    (name) => sums[name] > most - EQUAL_WITHIN,
  );
  const [only] = likeliest;
  return {
    sentiment: likeliest.length === 1 && only ? only : 'neutral',
    valence: rounded(valence / total),
    arousal: rounded(arousal / total),
  };
}

/** The probabilities by the names of the emotions, with the decimals of answers. */
export function named(probabilities: ArrayLike<number>, { emotions }: Description): Record<string, number> {
  return Object.fromEntries(emotions.map((name, i) => [name, rounded(probabilities[i] ?? 0)]));
}

/** The field of an answer; none where the model does not tell. */
export function intensityField(intensity: number | undefined): { intensity?: number } {
  return intensity === undefined ? {} : { intensity: rounded(100 * intensity, 1) };
}

/** Whether an answer of this confidence, made from so much speech, is of low information. */
export function isUncertain(
  confidence: number,
  speechS: number,
  network: ArrayLike<number>,
  { emotions, network_labels: labels, abstains_below: leastConfidence, min_speech_s: leastSpeechS }: Description,
): boolean {
  const likeliest = labels[indexOfMost(network)] ?? '';
  return !emotions.includes(likeliest) || confidence < leastConfidence || speechS < leastSpeechS;
}

/** What a network says of a sound, with so many seconds of speech, as the server says it. */
export function answerOf(found: NetworkAnswer, speechS: number, description: Description): Answer {
  const best = indexOfMost(found.probabilities);
  const confidence = found.probabilities[best] ?? 0;
  const probabilities = named(found.probabilities, description);
  return {
    emotion: description.emotions[best] ?? '',
    confidence: rounded(confidence),
    probabilities,
    low_information: isUncertain(confidence, speechS, found.network, description),
    ...affectOf(probabilities, description.ratings),
    ...intensityField(found.intensity),
  };
}
