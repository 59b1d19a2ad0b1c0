import { expect, it } from 'vitest';
import { happy, sad, sessionOf } from '@/test/fixtures';
import { toChartData, uncertainSpans } from './chartData';

it('holds each probability until the next, and the last to its end', () => {
  const { results } = sessionOf(happy, sad);
  expect(toChartData(results, ['Happy', 'Calm'])).toEqual({
    timesS: [0, 3, 6, 6],
    probabilities: [
      [0.8423, 0.06, 0.06, null],
      [0, 0, 0, null],
    ],
  });
});

it('leaves a gap where there was no speech', () => {
  const { results } = sessionOf(happy, null, sad);
  expect(toChartData(results, ['Sad'])).toEqual({
    timesS: [0, 3, 3, 6, 9, 9],
    probabilities: [[0.0601, 0.0601, null, 0.64, 0.64, null]],
  });
});

it('leaves a gap where a chunk was skipped', () => {
  const { results } = sessionOf(happy, happy, sad);
  const [first, , third] = results;
  const withoutSecond = first && third ? [first, third] : [];
  expect(toChartData(withoutSecond, ['Sad']).timesS).toEqual([0, 3, 3, 6, 9, 9]);
});

it('draws nothing of nothing', () => {
  expect(toChartData([], ['Sad'])).toEqual({ timesS: [], probabilities: [[]] });
});

it('joins what is uncertain without a pause', () => {
  const unsure = { ...sad, low_information: true };
  const { results } = sessionOf(unsure, unsure, happy, unsure, null);
  expect(uncertainSpans(results)).toEqual([
    { startS: 0, endS: 6 },
    { startS: 9, endS: 12 },
  ]);
});
