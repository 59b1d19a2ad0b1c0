import { describe, expect, it } from 'vitest';
import { happy, happyTimeline, model } from '@/test/fixtures';
import { modelsSchema, predictAnswerSchema } from './apiSchemas';
import { timelineMessageSchema } from './timelineSchemas';

const [window] = happyTimeline.windows;
const [segment] = happyTimeline.segments;
const result = { type: 'result', ...happyTimeline };

describe.each([
  ['a prediction', predictAnswerSchema, (told: object) => ({ ...happy, ...told })],
  ['an analysis', timelineMessageSchema, (told: object) => ({ ...result, ...told })],
  ['a segment', timelineMessageSchema, (told: object) => ({ ...result, segments: [{ ...segment, ...told }] })],
  ['a window', timelineMessageSchema, (told: object) => ({ type: 'window', ...window, ...told })],
])('the intensity of %s', (_name, schema, answer) => {
  it.each([{}, { intensity: null }, { intensity: 0 }, { intensity: 41.3 }, { intensity: 100 }])(
    'is read from %o',
    (told) => {
      expect(schema.parse(answer(told))).toEqual(answer(told));
    },
  );

  it.each([{ intensity: -0.1 }, { intensity: 100.1 }, { intensity: '41' }, { intensity: NaN }])(
    'is not read from %o',
    (odd) => {
      expect(schema.safeParse(answer(odd)).success).toBe(false);
    },
  );
});

it('takes a model of a server that does not say so as one that tells no intensity', () => {
  const older = { ...model, tells_intensity: undefined };
  const told = { ...model, name: 'other', tells_intensity: true };
  const { models } = modelsSchema.parse({ default: model.name, models: [older, told] });
  expect(models.map((each) => each.tells_intensity)).toEqual([false, true]);
});
