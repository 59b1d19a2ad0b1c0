import type { Heard, HeardEmotion, Session } from './session';

export interface EmotionShare {
  emotion: string;
  count: number;
  /** Of all chunks with an emotion, 0 to 1. */
  share: number;
}

export function heardEmotions({ heard }: Session): HeardEmotion[] {
  return heard.filter((entry): entry is HeardEmotion => entry.prediction !== null);
}

export function noSpeechCount({ heard }: Session): number {
  return heard.filter(({ prediction }) => prediction === null).length;
}

/** The emotions of the model, then whatever else was heard, each once. */
export function emotionsOf(heard: HeardEmotion[], modelEmotions: string[]): string[] {
  const spoken = heard.flatMap(({ prediction }) => Object.keys(prediction.probabilities));
  return [...new Set([...modelEmotions, ...spoken])];
}

export function distribution(heard: HeardEmotion[], emotions: string[]): EmotionShare[] {
  const counts = new Map<string, number>();
  for (const { prediction } of heard) {
    counts.set(prediction.emotion, (counts.get(prediction.emotion) ?? 0) + 1);
  }
  return emotions.map((emotion) => {
    const count = counts.get(emotion) ?? 0;
    return { emotion, count, share: heard.length > 0 ? count / heard.length : 0 };
  });
}

/** What the last chunk was worth saying: the same emotion twice in a row is no news. */
export function latestNews({ heard }: Session): Heard | undefined {
  const last = heard.at(-1);
  const emotion = last?.prediction?.emotion;
  const before = heard.findLastIndex(({ prediction }) => prediction?.emotion !== emotion);
  return heard[before + 1] ?? last;
}
