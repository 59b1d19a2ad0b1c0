import { expect, it } from 'vitest';
import type { Model } from '@/lib/apiSchemas';
import { model, otherModel } from '@/test/fixtures';
import { chooseModel } from './chooseModel';

const four = model;
const eight = { ...otherModel, emotions: [...model.emotions, 'Neutral'] };
const neutralToo = { ...eight, name: 'neutral-too' };
const published: Model = { ...eight, name: 'published', group: 'published' };

it.each([
  ['the default', four.name, [otherModel, four], undefined, four.name],
  [
    'the one with Neutral before a default without',
    four.name,
    [four, eight],
    undefined,
    eight.name,
  ],
  ['no published one by itself', four.name, [four, published, eight], undefined, eight.name],
  ['the default before a published one', four.name, [published, four], undefined, four.name],
  ['a published one that was picked', four.name, [four, published], 'published', 'published'],
  ['a default with Neutral', 'neutral-too', [eight, neutralToo], undefined, 'neutral-too'],
  ['the picked one', four.name, [four, eight], four.name, four.name],
  ['the default when the picked one is gone', four.name, [four], 'gone', four.name],
  ['the first when the default is missing', 'gone', [four, otherModel], undefined, four.name],
])('takes %s', (_case, byDefault, models, picked, expected) => {
  expect(chooseModel({ default: byDefault, models }, picked)?.name).toBe(expected);
});

it('takes none where there is none', () => {
  expect(chooseModel({ default: 'gone', models: [] })).toBeUndefined();
});
