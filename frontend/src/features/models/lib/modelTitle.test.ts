import { afterEach, expect, it } from 'vitest';
import { showLocale } from '@/lib/i18n';
import { model as four, publishedModel } from '@/test/fixtures';
import { modelTitle } from './modelTitle';

const six = { ...four, name: 'cremad-6', emotions: [...four.emotions, 'Fear', 'Neutral'] };

afterEach(() => showLocale('en'));

it.each([
  [six, '6 emotions (recommended)'],
  [four, '4 emotions'],
  [{ ...four, emotions: ['Angry'] }, '1 emotion'],
  [publishedModel, 'dense-105'],
])('names a model as people do: $0.name', (model, expected) => {
  expect(modelTitle(model)).toBe(expected);
});

it('speaks German', async () => {
  await showLocale('de');
  expect(modelTitle(six)).toBe('6 Emotionen (empfohlen)');
  expect(modelTitle(four)).toBe('4 Emotionen');
});

it('tells models with as many emotions apart', () => {
  const own = { ...six, name: 'own-6' };
  expect(modelTitle(own, [six, own, four])).toBe('6 emotions: own-6');
  expect(modelTitle(six, [six, own, four])).toBe('6 emotions: cremad-6');
  expect(modelTitle(four, [six, own, four])).toBe('4 emotions');
});
