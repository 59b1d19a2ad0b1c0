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

export interface Outputs {
  probabilities: ArrayLike<number>;
  /** Of all labels of the network. */
  network: ArrayLike<number>;
  /** 0-1; undefined where the model does not tell. */
  intensity: number | undefined;
  speechS: number;
}

/** Sums of rounded probabilities may be wrong by about this much. */
const EQUAL_WITHIN = 0.001;

function rounded(value: number, decimals = 4): number {
  // Adding zero makes 0 of -0.
  return Math.round(value * 10 ** decimals) / 10 ** decimals + 0;
}

function indexOfMost(values: ArrayLike<number>): number {
  return Array.from(values).reduce((best, value, i, all) => (value > (all[best] ?? 0) ? i : best), 0);
}

type Affect = Pick<Answer, 'sentiment' | 'valence' | 'arousal'>;

/** As `ser.models.affect.derive_affect`: means of the ratings, weighted by the probabilities. */
function affectOf(probabilities: Record<string, number>, ratings: Description['ratings']): Affect {
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

/** What the outputs of a network say, as the server says it. */
export function answerOf(outputs: Outputs, description: Description): Answer {
  const { emotions, abstains_below: leastConfidence, min_speech_s: leastSpeechS } = description;
  const best = indexOfMost(outputs.probabilities);
  const confidence = outputs.probabilities[best] ?? 0;
  const likeliest = description.network_labels[indexOfMost(outputs.network)] ?? '';
  const probabilities = Object.fromEntries(
    emotions.map((name, i) => [name, rounded(outputs.probabilities[i] ?? 0)]),
  );
  return {
    emotion: emotions[best] ?? '',
    confidence: rounded(confidence),
    probabilities,
    low_information:
      !emotions.includes(likeliest) || confidence < leastConfidence || outputs.speechS < leastSpeechS,
    ...affectOf(probabilities, description.ratings),
    ...(outputs.intensity === undefined ? {} : { intensity: rounded(100 * outputs.intensity, 1) }),
  };
}
