import { apiService } from './apiService';
import type { Problem } from './problem';

const LONGEST_DELAY_S = 15;
const HEALTH_TIMEOUT_MS = 5_000;

/** Exponential delay before the next try, and at least what Retry-After asks for. */
export function backOffS(failedTries: number, { retryAfterS = 0 }: Problem): number {
  return Math.ceil(Math.max(Math.min(LONGEST_DELAY_S, 2 ** failedTries), retryAfterS));
}

/** Resolves when the server can predict. */
export function checkHealth(signal: AbortSignal): Promise<unknown> {
  return apiService.health(signal, HEALTH_TIMEOUT_MS);
}
