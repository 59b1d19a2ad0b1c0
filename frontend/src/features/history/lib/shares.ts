import type { EmotionShare } from '@/components/EmotionShares';
import { formatLength } from '@/lib/format';
import type { Tally } from './entry';

/** What was certain, and what was not. */
export interface Sum {
  secondsOf: Record<string, number>;
  uncertainS: number;
  /** Of speech, both together. */
  totalS: number;
}

export function sumOf(tallies: readonly Pick<Tally, 'secondsOf' | 'uncertainS'>[]): Sum {
  const secondsOf = new Map<string, number>();
  let uncertainS = 0;
  for (const tally of tallies) {
    uncertainS += tally.uncertainS;
    for (const [emotion, seconds] of Object.entries(tally.secondsOf)) {
      secondsOf.set(emotion, (secondsOf.get(emotion) ?? 0) + seconds);
    }
  }
  const totalS = [...secondsOf.values()].reduce((total, seconds) => total + seconds, uncertainS);
  return { secondsOf: Object.fromEntries(secondsOf), uncertainS, totalS };
}

/** Shares of all speech: what is uncertain belongs to no emotion. */
export function sharesOf({ secondsOf, totalS }: Sum): EmotionShare[] {
  return Object.entries(secondsOf).map(([emotion, seconds]) => ({
    emotion,
    share: totalS > 0 ? seconds / totalS : 0,
    amount: formatLength(seconds),
  }));
}

export function uncertainShare({ uncertainS, totalS }: Sum): number {
  return totalS > 0 ? uncertainS / totalS : 0;
}

/** The emotion with most seconds; undefined where more is uncertain. */
export function topShare(sum: Sum): EmotionShare | undefined {
  const [top] = sharesOf(sum).sort((one, other) => other.share - one.share);
  return top && top.share > 0 && top.share >= uncertainShare(sum) ? top : undefined;
}
