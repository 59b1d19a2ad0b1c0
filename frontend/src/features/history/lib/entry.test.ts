import { expect, it } from 'vitest';
import { recordOf, type SessionRecord } from '@/features/session/lib/sessionRecord';
import { happy, model, sad, sessionOf } from '@/test/fixtures';
import { entryOf } from './entry';
import { sharesOf, sumOf, topShare } from './shares';

const unsure = { ...sad, low_information: true };

function recordWith(...predictions: Parameters<typeof sessionOf>): SessionRecord {
  return recordOf(sessionOf(...predictions), 0);
}

function tallies(record: SessionRecord) {
  const entry = entryOf(record);
  if (!entry) throw new Error('It has results.');
  return entry.tallies;
}

it('counts the seconds of each emotion, and what is uncertain for none', () => {
  expect(tallies(recordWith(happy, null, unsure, happy, sad))).toEqual([
    {
      dayMs: expect.any(Number) as number,
      model: model.name,
      secondsOf: { Angry: 0, Happy: 6, Sad: 3, Disgust: 0 },
      uncertainS: 3,
    },
  ]);
});

it('counts each second of overlapping results once', () => {
  const record = recordWith(happy, sad, sad);
  const results = record.results.map((each, i) => ({ ...each, startS: i, endS: i + 3 }));
  expect(sumOf(tallies({ ...record, results }))).toMatchObject({
    secondsOf: { Happy: 3, Sad: 2 },
    totalS: 5,
  });
});

it('keeps the models apart', () => {
  const record = recordWith(happy, sad);
  const [first, second] = record.results;
  if (!first || !second) throw new Error('It has two results.');
  delete second.model;
  const found = tallies(record);
  expect(found.map((tally) => tally.model)).toEqual([model.name, '']);
  expect(sumOf(found)).toMatchObject({ secondsOf: { Happy: 3, Sad: 3 }, totalS: 6 });
});

it('counts each day of a session that goes on over midnight', () => {
  const record = recordWith(happy, sad, sad);
  const midnight = new Date(2026, 1, 18).getTime();
  const results = record.results.map((each, i) => ({ ...each, endedAtMs: midnight - 1000 + 3000 * i }));
  const found = tallies({ ...record, results });
  expect(found.map(({ dayMs, secondsOf }) => [dayMs, secondsOf.Happy, secondsOf.Sad])).toEqual([
    [new Date(2026, 1, 17).getTime(), 3, 0],
    [midnight, 0, 6],
  ]);
});

it('takes no emotion for what every object has', () => {
  const odd = { ...happy, emotion: 'constructor', probabilities: { constructor: 1, __proto__x: 0 } };
  const sum = sumOf(tallies(recordWith(odd)));
  expect(sum.totalS).toBe(3);
  expect(topShare(sum)).toMatchObject({ emotion: 'constructor', share: 1, amount: '3.0 s' });
});

it('knows when a session began', () => {
  const record = recordWith(null, happy);
  const [first] = record.results;
  expect(entryOf(record)).toMatchObject({
    startedAtMs: (first?.endedAtMs ?? 0) - 3000,
    durationS: 6,
    resultCount: 1,
    uncertainCount: 0,
  });
});

it('is none of a session without results', () => {
  expect(entryOf(recordWith(null))).toBeUndefined();
});

it('has shares of all speech', () => {
  const sum = sumOf(tallies(recordWith(happy, happy, unsure, sad)));
  expect(sharesOf(sum).map(({ emotion, share }) => [emotion, share])).toEqual([
    ['Angry', 0],
    ['Happy', 0.5],
    ['Sad', 0.25],
    ['Disgust', 0],
  ]);
  expect(topShare(sum)?.emotion).toBe('Happy');
});

it('has no emotion on top where more is uncertain', () => {
  expect(topShare(sumOf(tallies(recordWith(unsure))))).toBeUndefined();
  expect(topShare(sumOf(tallies(recordWith(unsure, unsure, happy))))).toBeUndefined();
});
