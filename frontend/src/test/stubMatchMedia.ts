import { vi } from 'vitest';

/** jsdom has none; this one answers every query with no. */
export function stubMatchMedia() {
  vi.stubGlobal('matchMedia', () => Object.assign(new EventTarget(), { matches: false }));
}
