import { expect, it } from 'vitest';
import { happy, model, sad } from '@/test/fixtures';
import { withCaution } from './unknownVoice';

const neutral = { ...sad, emotion: 'Neutral', probabilities: { Neutral: 0.64, Sad: 0.36 } };

it('doubts a weak emotion of an unknown voice, and keeps its probabilities', () => {
  expect(withCaution(sad, model, 4.9)).toEqual({ ...sad, low_information: true });
});

it.each([
  ['a known voice', sad, model, 5],
  ['strong evidence', happy, model, 0],
  ['Neutral', neutral, model, 0],
  ['a model that takes no baseline', sad, { ...model, takes_baseline: false }, 0],
  ['no model', sad, undefined, 0],
  ['a server that names no threshold', sad, { ...model, abstains_below_unknown: undefined }, 0],
  ['a server that names no length', sad, { ...model, min_baseline_s: undefined }, 0],
])('leaves a prediction as it is: %s', (_, prediction, asked, speechS) => {
  expect(withCaution(prediction, asked, speechS)).toBe(prediction);
});
