import { expect, it } from 'vitest';
import { loudnessOf } from './loudness';

it.each([
  [0, 0],
  [0.0001, 0],
  [0.001, 0],
  [0.0316228, 0.5],
  [1, 1],
  [1.2, 1],
])('maps a peak of %d to %d', (peak, loudness) => {
  expect(loudnessOf(peak)).toBeCloseTo(loudness, 3);
});
