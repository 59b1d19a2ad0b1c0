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

export function sumOf(tallies: readonly Tally[]): Sum {
  const secondsOf: Record<string, number> = {};
  let uncertainS = 0;
  for (const tally of tallies) {
    uncertainS += tally.uncertainS;
    for (const [emotion, seconds] of Object.entries(tally.secondsOf)) {
      secondsOf[emotion] = (secondsOf[emotion] ?? 0) + seconds;
    }
  }
  const totalS = Object.values(secondsOf).reduce((total, seconds) => total + seconds, uncertainS);
  return { secondsOf, uncertainS, totalS };
}

/** Shares of all speech: what is uncertain belongs to no emotion. */
export function sharesOf({ secondsOf, totalS }: Sum): EmotionShare[] {
  return Object.entries(secondsOf).map(([emotion, seconds]) => ({
    emotion,
    share: totalS > 0 ? seconds / totalS : 0,
    amount: formatLength(seconds),
  }));
}

/** The emotion with most seconds; undefined where nothing is certain. */
export function topShare(sum: Sum): EmotionShare | undefined {
  const [top] = sharesOf(sum).sort((one, other) => other.share - one.share);
  return top && top.share > 0 ? top : undefined;
}
