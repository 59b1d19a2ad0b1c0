import type { SessionResult, EmotionResult, Session } from './session';

export interface EmotionShare {
  emotion: string;
  /** Of the results that are certain. */
  count: number;
  /** Share of all results with an emotion, uncertain ones included; 0 to 1. */
  share: number;
}

export function emotionResults({ results }: Session): EmotionResult[] {
  return results.filter((entry): entry is EmotionResult => entry.prediction !== null);
}

export function noSpeechCount({ results }: Session): number {
  return results.filter(({ prediction }) => prediction === null).length;
}

export function uncertainCount(results: EmotionResult[]): number {
  return results.filter(({ prediction }) => prediction.low_information).length;
}

/** The emotions of the model, then other emotions of the results, each once. */
export function emotionsOf(results: EmotionResult[], modelEmotions: string[]): string[] {
  const spoken = results.flatMap(({ prediction }) => Object.keys(prediction.probabilities));
  return [...new Set([...modelEmotions, ...spoken])];
}

export function distribution(results: EmotionResult[], emotions: string[]): EmotionShare[] {
  const counts = new Map<string, number>();
  for (const { prediction } of results) {
    if (prediction.low_information) continue;
    counts.set(prediction.emotion, (counts.get(prediction.emotion) ?? 0) + 1);
  }
  return emotions.map((emotion) => {
    const count = counts.get(emotion) ?? 0;
    return { emotion, count, share: results.length > 0 ? count / results.length : 0 };
  });
}

function hasSameEmotion(
  { prediction: one }: SessionResult,
  { prediction: other }: SessionResult,
): boolean {
  const isOneUncertain = one?.low_information ?? false;
  return one?.emotion === other?.emotion && isOneUncertain === (other?.low_information ?? false);
}

/** The first result of the current run of equal emotions. */
export function latestChange({ results }: Session): SessionResult | undefined {
  const last = results.at(-1);
  if (!last) return undefined;
  const before = results.findLastIndex((entry) => !hasSameEmotion(entry, last));
  return results[before + 1] ?? last;
}
