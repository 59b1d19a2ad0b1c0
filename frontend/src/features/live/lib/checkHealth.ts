import { apiService } from '@/lib/apiService';

const HEALTH_TIMEOUT_MS = 5_000;

/** Resolves when the server can predict. */
export function checkHealth(signal: AbortSignal): Promise<unknown> {
  return apiService.health(signal, HEALTH_TIMEOUT_MS);
}
