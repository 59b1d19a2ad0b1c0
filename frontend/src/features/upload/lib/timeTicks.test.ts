import { expect, it } from 'vitest';
import { timeTicks } from './timeTicks';

it.each([
  ['a clip', 2.4, 5, [0, 1, 2]],
  ['a talk', 46, 5, [0, 10, 20, 30, 40]],
  ['nothing beyond the end', 30.5, 5, [0, 10, 20]],
  ['an hour', 3608, 5, [0, 900, 1800, 2700]],
  ['an hour from near', 3608, 20, [0, 300, 600, 900, 1200, 1500, 1800, 2100, 2400, 2700, 3000, 3300]],
  ['a day', 86_400, 4, [0, 21_600, 43_200, 64_800]],
])('labels %s', (_case, durationS, atMost, ticks) => {
  expect(timeTicks(durationS, atMost)).toEqual(ticks);
});
