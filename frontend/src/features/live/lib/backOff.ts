import type { Problem } from '../../../lib/problem';

const LONGEST_DELAY_S = 15;

/** How long to leave a server alone: longer each time, and as long as it asks. */
export function backOffS(failedTries: number, { retryAfterS = 0 }: Problem): number {
  return Math.ceil(Math.max(Math.min(LONGEST_DELAY_S, 2 ** failedTries), retryAfterS));
}
