import { indexOfMost } from './answer';
import { meanOf } from './segments';

export interface Vote {
  /** The index of the emotion that most windows vote for; of those with as many, the likeliest on the mean. */
  winner: number;
  /** Its share of the votes, 0-1. */
  share: number;
  /** Of each emotion. */
  counts: number[];
  /** Of the probabilities. */
  mean: Float64Array;
}

/** What windows, at least one, vote for together. */
export function vote(windows: readonly ArrayLike<number>[]): Vote {
  const mean = meanOf(windows);
  const counts = Array.from(mean, () => 0);
  for (const window of windows) {
    const best = indexOfMost(window);
    counts[best] = (counts[best] ?? 0) + 1;
  }
  const most = Math.max(...counts);
  const winner = indexOfMost(mean.map((value, i) => (counts[i] === most ? value : -1)));
  return { winner, share: most / windows.length, counts, mean };
}
