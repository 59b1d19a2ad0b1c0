import { expect, it } from 'vitest';
import { loudnessOf } from './loudness';

it.each([
  [0, 0],
  [0.0001, 0],
  [0.001, 0],
  [0.0316228, 0.5],
  [1, 1],
  [1.2, 1],
])('hears a peak of %d as %d', (peak, loudness) => {
  expect(loudnessOf(peak)).toBeCloseTo(loudness, 3);
});
