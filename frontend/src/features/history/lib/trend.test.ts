import { expect, it } from 'vitest';
import type { HistoryEntry, Tally } from './entry';
import { modelsOf, trendOf } from './trend';

const noon = new Date(2026, 2, 30, 12).getTime();

function entryAt(startedAtMs: number, ...tallies: Partial<Tally>[]): HistoryEntry {
  return {
    id: startedAtMs,
    startedAtMs,
    durationS: 60,
    resultCount: 1,
    uncertainCount: 0,
    tallies: tallies.map((tally) => ({ model: 'm', secondsOf: {}, uncertainS: 0, ...tally })),
  };
}

it('adds the sessions of each day of the calendar', () => {
  const entries = [
    entryAt(new Date(2026, 2, 30, 0, 0).getTime(), { secondsOf: { Happy: 5 } }),
    entryAt(new Date(2026, 2, 29, 23, 59, 59, 999).getTime(), { secondsOf: { Sad: 3 } }),
    entryAt(new Date(2026, 2, 29, 0, 0).getTime(), { secondsOf: { Sad: 1, Happy: 2 }, uncertainS: 4 }),
    entryAt(new Date(2026, 2, 27, 12).getTime(), { secondsOf: { Happy: 1 } }),
  ];
  const days = trendOf(entries, 'm', noon, 3);
  expect(days.map(({ startMs }) => new Date(startMs).getDate())).toEqual([28, 29, 30]);
  expect(days.map(({ secondsOf, uncertainS, totalS, sessionCount }) => [secondsOf, uncertainS, totalS, sessionCount])).toEqual([
    [{}, 0, 0, 0],
    [{ Sad: 4, Happy: 2 }, 4, 10, 2],
    [{ Happy: 5 }, 0, 5, 1],
  ]);
});

it('has each day once, also where clocks change', () => {
  const days = trendOf([], 'm', new Date(2026, 10, 5, 0, 30).getTime(), 366);
  const dates = days.map(({ startMs }) => new Date(startMs).toDateString());
  expect(new Set(dates).size).toBe(366);
  expect(days.every(({ startMs }) => new Date(startMs).getHours() === 0)).toBe(true);
});

it('is of one model, those heard longest first', () => {
  const entries = [
    entryAt(noon, { secondsOf: { Happy: 5 } }, { model: 'other', secondsOf: { Calm: 9 } }),
    entryAt(noon, { uncertainS: 1 }),
  ];
  expect(modelsOf(entries)).toEqual(['other', 'm']);
  expect(trendOf(entries, 'other', noon, 1)).toMatchObject([{ secondsOf: { Calm: 9 }, totalS: 9 }]);
  expect(modelsOf([])).toEqual([]);
});
