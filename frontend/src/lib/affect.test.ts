import { expect, it } from 'vitest';
import { affectOf, placeText } from './affect';
import { predictionSchema } from './apiSchemas';
import { happy } from '@/test/fixtures';

it('is what the server derived', () => {
  expect(affectOf(happy)).toEqual({ sentiment: 'positive', valence: 0.5904, arousal: 0.4598 });
  const middle = { sentiment: 'neutral', valence: 0, arousal: 0 } as const;
  expect(affectOf(middle)).toEqual(middle);
});

it.each([
  {},
  { sentiment: null, valence: null, arousal: null },
  { ...happy, valence: null },
  { ...happy, arousal: undefined },
  { ...happy, sentiment: null },
])('is nothing where a part of it is missing: %o', (answer) => {
  expect(affectOf(answer)).toBeUndefined();
});

it.each([
  [0.8, 0.5, 'pleasant, excited'],
  [-0.5, 0.6, 'unpleasant, excited'],
  [-0.6, -0.3, 'unpleasant, calm'],
  [0.01, -0.04, 'neither unpleasant nor pleasant, neither calm nor excited'],
])('says in words where valence %d and arousal %d are', (valence, arousal, text) => {
  expect(placeText({ valence, arousal }, false)).toBe(`Valence and arousal: ${text}`);
});

it.each([{ valence: 1.01 }, { arousal: -2 }, { valence: 'high' }, { sentiment: 'mixed' }])(
  'is not read from %o',
  (odd) => {
    expect(predictionSchema.safeParse({ ...happy, ...odd }).success).toBe(false);
  },
);

it('may be missing in an answer', () => {
  const { emotion, confidence, probabilities, timestamp } = happy;
  const older = { emotion, confidence, probabilities, timestamp };
  expect(predictionSchema.parse(older)).toEqual(older);
});
