import { vi } from 'vitest';

/** jsdom has none; this one matches no query. */
export function stubMatchMedia() {
  vi.stubGlobal('matchMedia', () => Object.assign(new EventTarget(), { matches: false }));
}
