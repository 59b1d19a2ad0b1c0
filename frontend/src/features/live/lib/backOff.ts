import type { Problem } from '@/lib/problem';

const LONGEST_DELAY_S = 15;

/** Exponential delay before the next try, and at least what Retry-After asks for. */
export function backOffS(failedTries: number, { retryAfterS = 0 }: Problem): number {
  return Math.ceil(Math.max(Math.min(LONGEST_DELAY_S, 2 ** failedTries), retryAfterS));
}
