import type { Problem } from './problem';

const temporaryCodes = new Set(['server_away', 'model_unavailable', 'too_many_requests']);

/** A problem of the server, not of the clip: the same clip can be sent again. */
export function isTemporary({ code }: Problem): boolean {
  return temporaryCodes.has(code);
}
