import { expect, it } from 'vitest';
import type { Tally } from './entry';
import { modelsOf, trendOf } from './trend';

const noon = new Date(2026, 2, 30, 12).getTime();

function tallyOf(day: number, tally: Partial<Tally>): Tally {
  const dayMs = new Date(2026, 2, day).getTime();
  return { dayMs, model: 'm', secondsOf: {}, uncertainS: 0, ...tally };
}

it('adds what was said on each day of the calendar', () => {
  const tallies = [
    tallyOf(30, { secondsOf: { Happy: 5 } }),
    tallyOf(29, { secondsOf: { Sad: 3 } }),
    tallyOf(29, { secondsOf: { Sad: 1, Happy: 2 }, uncertainS: 4 }),
    tallyOf(27, { secondsOf: { Happy: 1 } }),
  ];
  const days = trendOf(tallies, 'm', noon, 3);
  expect(days.map(({ startMs }) => new Date(startMs).getDate())).toEqual([28, 29, 30]);
  expect(days.map(({ secondsOf, uncertainS, totalS }) => [secondsOf, uncertainS, totalS])).toEqual([
    [{}, 0, 0],
    [{ Sad: 4, Happy: 2 }, 4, 10],
    [{ Happy: 5 }, 0, 5],
  ]);
});

it('has each day once, also where clocks change', () => {
  const days = trendOf([], 'm', new Date(2026, 10, 5, 0, 30).getTime(), 366);
  const dates = days.map(({ startMs }) => new Date(startMs).toDateString());
  expect(new Set(dates).size).toBe(366);
  expect(days.every(({ startMs }) => new Date(startMs).getHours() === 0)).toBe(true);
});

it('is of one model', () => {
  const tallies = [tallyOf(30, { secondsOf: { Happy: 5 } }), tallyOf(30, { model: 'other', uncertainS: 9 })];
  expect(trendOf(tallies, 'other', noon, 1)).toMatchObject([{ secondsOf: {}, uncertainS: 9, totalS: 9 }]);
});

it('begins with the model heard longest in these days', () => {
  const tallies = [
    tallyOf(1, { model: 'old', secondsOf: { Calm: 900 } }),
    tallyOf(29, { model: 'other', secondsOf: { Happy: 9 } }),
    tallyOf(30, { secondsOf: { Happy: 5 } }),
    tallyOf(30, { secondsOf: { Happy: 5 } }),
  ];
  expect(modelsOf(tallies, noon, 7)).toEqual(['m', 'other', 'old']);
  expect(modelsOf(tallies, noon, 90)).toEqual(['old', 'm', 'other']);
  expect(modelsOf([], noon, 7)).toEqual([]);
});
