import { vi } from 'vitest';

/** jsdom computes no lengths: of the ruler's `1rem`, the 1 is left. */
export function stubPageWidth(rem: number) {
  vi.stubGlobal('innerWidth', rem);
}
