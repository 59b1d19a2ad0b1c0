import type { Problem } from '../../../lib/problem';

const passingCodes = new Set(['server_away', 'model_unavailable', 'too_many_requests']);

/** A problem of the server rather than of what was sent: that may be sent again. */
export function isPassing({ code }: Problem): boolean {
  return passingCodes.has(code);
}
