import { expect, it } from 'vitest';
import { happy, sad, sessionOf } from '@/test/fixtures';
import { toDocument, toJson } from './exportSession';
import { openSession, toRecord, type SessionDocument } from './sessionDocument';
import { recordOf, recordSince, type SessionRecord } from './sessionRecord';

const nowMs = Date.UTC(2026, 1, 17, 16);
const session = { ...sessionOf(happy, null, { ...sad, low_information: true }, happy), skippedCount: 2 };
const record = recordOf(session, nowMs);

function exported(change: (document: SessionDocument) => void = () => undefined): File {
  const document = structuredClone(toDocument(record, nowMs));
  change(document);
  return new File([JSON.stringify(document)], 'session.json');
}

/** What an export does not hold. */
function essence({ results, ...rest }: SessionRecord) {
  return {
    ...rest,
    results: results.map(({ prediction, ...result }) => ({
      ...result,
      id: undefined,
      prediction: {
        ...prediction,
        timestamp: undefined,
        low_information: prediction.low_information ?? false,
      },
    })),
  };
}

it('opens what was exported', async () => {
  const opened = await openSession(new File([toJson(record, nowMs)], 'session.json'));
  expect(essence(opened)).toEqual(essence(record));
});

it('exports again what it opened', () => {
  const document = toDocument(record, nowMs);
  expect(toDocument(toRecord(document), nowMs)).toEqual(document);
});

it('opens results whose model was not named, and those with an intensity', () => {
  const [first, ...rest] = record.results;
  if (!first) throw new Error('It has results.');
  const strong = { ...first, prediction: { ...happy, intensity: 41.3 } };
  delete strong.model;
  const [opened] = toRecord(toDocument({ ...record, results: [strong, ...rest] }, nowMs)).results;
  expect(opened?.model).toBeUndefined();
  expect(opened?.prediction.intensity).toBe(41.3);
});

type Change = (document: SessionDocument) => void;

function ofFirst(change: (result: SessionDocument['predictions'][number]) => void): Change {
  return ({ predictions: [first] }) => {
    if (first) change(first);
  };
}

it.each<[string, Change]>([
  ['no results', (document) => (document.predictions = [])],
  ['a result that ends before it begins', ofFirst((result) => (result.end_s = -1))],
  ['a result long after the session', ofFirst((result) => (result.end_s = 1e9))],
  ['results out of order', (document) => document.predictions.reverse()],
  ['a session of a year', (document) => (document.duration_s = 365 * 24 * 3600)],
  ['no time', ofFirst((result) => (result.time = 'yesterday'))],
  ['a time that no calendar has', ofFirst((result) => (result.time = '+999999-01-01T00:00:00Z'))],
  ['a confidence above one', ofFirst((result) => (result.confidence = 2))],
  ['an emotion without a probability', ofFirst((result) => (result.emotion = 'Bored'))],
  [
    'a very long name',
    ofFirst((result) => {
      result.emotion = 'A'.repeat(1000);
      result.probabilities = { [result.emotion]: 1 };
    }),
  ],
  [
    'hundreds of emotions',
    ofFirst((result) => {
      for (let i = 0; i < 300; i++) result.probabilities[`E${i}`] = 0;
    }),
  ],
  ['a negative count', (document) => (document.skipped_count = -1)],
])('refuses %s', async (_case, change) => {
  await expect(openSession(exported(change))).rejects.toThrow('This is not an exported session');
});

it.each<[string, BlobPart]>([
  ['nothing', ''],
  ['text', 'Hello'],
  ['half an export', toJson(record, nowMs).slice(0, 500)],
  ['another kind of JSON', '{"emotion": "Happy"}'],
  ['null', 'null'],
  ['a list', '[]'],
  ['bytes', new Uint8Array([0xff, 0xfe, 0, 1])],
  ['very deep JSON', '['.repeat(200_000)],
])('refuses %s', async (_case, content) => {
  await expect(openSession(new File([content], 'session.json'))).rejects.toThrow(
    'This is not an exported session',
  );
});

it('does not read a file of gigabytes', async () => {
  const file = new File(['{}'], 'session.json');
  Object.defineProperty(file, 'size', { value: 4e9 });
  await expect(openSession(file)).rejects.toThrow('This is not an exported session');
});

it('takes the part of a session after a time', () => {
  const first = session.results[0]?.endedAtMs ?? 0;
  const part = recordSince(session, first, nowMs);
  expect(part.results.map(({ startS, endS }) => [startS, endS])).toEqual([
    [3, 6],
    [6, 9],
  ]);
  expect(part).toMatchObject({ durationS: 9, noSpeechCount: 1, skippedCount: 0 });
  expect(recordSince(session, 0, nowMs)).toEqual(record);
  expect(recordSince(session, nowMs, nowMs).results).toEqual([]);
});
