import { expect, it } from 'vitest';
import type { SessionEntry, Tally } from './entry';
import { daysAround, isOfDay, modelsOf, trendOf } from './trend';

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

function sessionOn(...days: number[]): SessionEntry {
  const tallies = days.map((day) => tallyOf(day, { secondsOf: { Happy: 5 } }));
  return { startedAtMs: 0, durationS: 9, resultCount: 3, uncertainCount: 0, tallies };
}

const startOf = (day: number) => new Date(2026, 2, day).getTime();

it.each([
  [26, false],
  [27, true],
  [28, true],
  [29, false],
])('counts a session that goes past midnight for both days: %i', (day, expected) => {
  expect(isOfDay(sessionOn(27, 28), startOf(day))).toBe(expected);
});

it.each([
  [20, undefined, 22],
  [22, undefined, 28],
  [25, 22, 28],
  // Clocks change on the 29th.
  [29, 28, 30],
  [30, 28, undefined],
])('finds the days with sessions around the %ith', (day, earlier, later) => {
  const ms = (of: number | undefined) => (of === undefined ? undefined : startOf(of));
  expect(daysAround([sessionOn(28), sessionOn(30, 22)], startOf(day))).toEqual({
    earlierMs: ms(earlier),
    laterMs: ms(later),
  });
});
