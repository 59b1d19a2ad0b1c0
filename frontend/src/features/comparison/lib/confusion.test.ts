import { expect, it } from 'vitest';
import type { System } from '@/lib/comparisonSchemas';
import { comparison } from '@/test/fixtures';
import { answerName, confusionOf, confusionText } from './confusion';

function system(labels: string[], confusion: number[][]): System {
  const [first] = comparison.rows;
  if (!first) throw new Error('The fixture has systems.');
  return { ...first, labels, unseen: { ...first.unseen, confusion } };
}

it('counts the answers to each label in shares of its clips', () => {
  const { answers, rows } = confusionOf(system(['Angry', 'Sad'], [[3, 1], [5, 5]]));
  expect(answers).toEqual(['Angry', 'Sad']);
  expect(rows).toEqual([
    { label: 'Angry', shares: [0.75, 0.25] },
    { label: 'Sad', shares: [0.5, 0.5] },
  ]);
});

it('has a column for clips without an answer, where the server counts them', () => {
  const { answers, rows } = confusionOf(system(['Angry', 'Sad'], [[2, 1, 1], [0, 4, 0]]));
  expect(answers.map(answerName)).toEqual(['Angry', 'Sad', 'No answer']);
  expect(rows[0]?.shares).toEqual([0.5, 0.25, 0.25]);
});

it('says for each label what it is mistaken for, which no answer is not', () => {
  const counts = [[6, 1, 0, 3], [0, 4, 0, 0], [0, 0, 0, 0]];
  const confusion = confusionOf(system(['Angry', 'Sad', 'Happy'], counts));
  expect(confusionText(confusion)).toEqual([
    'Angry: 60.0% right, most often mistaken for Sad (10.0%)',
    'Sad: 100.0% right',
    'Happy: 0.0% right',
  ]);
});

it('takes a matrix with rows or columns missing', () => {
  const confusion = confusionOf(system(['Angry', 'Sad'], [[1]]));
  expect(confusion.rows.map(({ shares }) => shares)).toEqual([
    [1, 0],
    [0, 0],
  ]);
});
