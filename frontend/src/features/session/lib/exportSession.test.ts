import { expect, it } from 'vitest';
import { happy, sad, sessionOf } from '@/test/fixtures';
import * as exported from './exportSession';
import type { Session } from './session';
import { recordOf } from './sessionRecord';

const nowMs = Date.UTC(2026, 1, 17, 16, 0, 5);
const toCsv = (session: Session) => exported.toCsv(recordOf(session, nowMs));
const toJson = (session: Session) => exported.toJson(recordOf(session, nowMs), nowMs);

it('writes one CSV row per emotion, one column per probability', () => {
  const session = sessionOf(happy, null, { ...sad, low_information: true });
  expect(toCsv(session).split('\r\n')).toEqual([
    '\uFEFFtime,start_s,end_s,model,emotion,confidence,uncertain,' +
      'probability_Angry,probability_Happy,probability_Sad,probability_Disgust,' +
      'sentiment,valence,arousal',
    '2026-02-17T15:45:03.000Z,0,3,bilstm-cremad,Happy,0.8423,false,0.0512,0.8423,0.0601,0.0464,' +
      'positive,0.5904,0.4598',
    '2026-02-17T15:45:09.000Z,6,9,bilstm-cremad,Sad,0.64,true,0.2,0.06,0.64,0.1,negative,-0.5166,0.0108',
    '',
  ]);
});

it('quotes what would break a CSV file', () => {
  const odd = { ...happy, emotion: 'Glad, "very"', probabilities: { 'Glad, "very"': 1 } };
  expect(toCsv(sessionOf(odd))).toContain(',"Glad, ""very""",');
});

it.each(['=1+1', '+1', '-1', '@SUM(A1)', '\tHappy'])('lets no spreadsheet compute %j', (emotion) => {
  const odd = { ...happy, emotion, probabilities: { [emotion]: 1 } };
  expect(toCsv(sessionOf(odd))).toContain(`,'${emotion},0.8423,`);
});

it('leaves a probability empty that a model does not have', () => {
  const other = { ...happy, probabilities: { Happy: 0.9, Calm: 0.1 } };
  const [header, first] = toCsv(sessionOf(happy, other)).split('\r\n');
  expect(header).toMatch(/probability_Calm,sentiment,valence,arousal$/);
  expect(first).toMatch(/,,positive,0\.5904,0\.4598$/);
});

it('leaves empty what the server does not derive', () => {
  const other = { ...happy, sentiment: null, valence: null, arousal: null };
  const session = sessionOf(other);
  expect(toCsv(session)).toMatch(/,0\.0464,,,\r\n$/);
  expect(JSON.parse(toJson(session))).toMatchObject({
    predictions: [{ sentiment: null, valence: null, arousal: null }],
  });
});

it('writes all of the session as JSON', () => {
  const session = { ...sessionOf(happy, null, { ...sad, low_information: true }, happy), skippedCount: 2 };
  expect(JSON.parse(toJson(session))).toEqual({
    exported_at: '2026-02-17T16:00:05.000Z',
    duration_s: 12,
    uncertain_count: 1,
    no_speech_count: 1,
    skipped_count: 2,
    counts: { Angry: 0, Happy: 2, Sad: 0, Disgust: 0 },
    predictions: expect.arrayContaining([
      {
        time: '2026-02-17T15:45:03.000Z',
        start_s: 0,
        end_s: 3,
        model: 'bilstm-cremad',
        emotion: 'Happy',
        confidence: 0.8423,
        uncertain: false,
        probabilities: happy.probabilities,
        sentiment: 'positive',
        valence: 0.5904,
        arousal: 0.4598,
      },
    ]) as unknown,
  });
});

it('writes the intensity with one decimal, where any result has it', () => {
  const session = sessionOf({ ...happy, intensity: 41.3 }, sad, { ...sad, intensity: 7 });
  const [header, ...rows] = toCsv(session).trimEnd().split('\r\n');
  expect(header).toMatch(/,arousal,intensity$/);
  expect(rows.map((row) => row.split(',').at(-1))).toEqual(['41.3', '', '7.0']);
  expect(JSON.parse(toJson(session))).toMatchObject({
    predictions: [{ intensity: 41.3 }, { intensity: null }, { intensity: 7 }],
  });
});

it('has no intensity where no result has it', () => {
  const session = sessionOf({ ...happy, intensity: null }, sad);
  expect(toCsv(session)).not.toContain('intensity');
  expect(toJson(session)).not.toContain('intensity');
});

it('names the file by the time, in a way that every system allows', () => {
  expect(exported.exportFileName('csv', nowMs)).toBe('ser-session-2026-02-17T16-00-05.csv');
});
