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

export function uncertainCount(heard: HeardEmotion[]): number {
  return heard.filter(({ prediction }) => prediction.low_information).length;
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

function isSameNews({ prediction: one }: Heard, { prediction: other }: Heard): boolean {
  const isOneUncertain = one?.low_information ?? false;
  return one?.emotion === other?.emotion && isOneUncertain === (other?.low_information ?? false);
}

/** What the last chunk was worth saying: the same emotion twice in a row is no news. */
export function latestNews({ heard }: Session): Heard | undefined {
  const last = heard.at(-1);
  if (!last) return undefined;
  const before = heard.findLastIndex((entry) => !isSameNews(entry, last));
  return heard[before + 1] ?? last;
}
