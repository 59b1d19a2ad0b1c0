import { expect, it } from 'vitest';
import { baselineLevelOf, baselineProgress, formatSpeech } from './baselineLevel';

it.each([
  [undefined, 'none', 0],
  [5, 'little', 0.25],
  [19.9, 'little', 0.995],
  [20, 'well', 1],
  [600, 'well', 1],
])('knows a voice by %s seconds: %s', (speechS, level, part) => {
  const voice = speechS === undefined ? undefined : { token: 'x', speechS };
  expect(baselineLevelOf(voice)).toBe(level);
  expect(baselineProgress(voice)).toBeCloseTo(part);
});

it.each([
  [9.4, '9 s'],
  [99, '99 s'],
  [150, '3 min'],
])('writes %i seconds as %s', (seconds, words) => {
  expect(formatSpeech(seconds)).toBe(words);
});
