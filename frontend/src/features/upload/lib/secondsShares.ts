import type { EmotionShare } from '@/components/EmotionShares';
import { formatLength } from '@/lib/format';

/** The seconds of speech of each emotion, and their shares. */
export function secondsShares(distribution: Record<string, number>): EmotionShare[] {
  const totalS = Object.values(distribution).reduce((sum, seconds) => sum + seconds, 0);
  return Object.entries(distribution).map(([emotion, seconds]) => ({
    emotion,
    share: totalS > 0 ? seconds / totalS : 0,
    amount: formatLength(seconds),
  }));
}
