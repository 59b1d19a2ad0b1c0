import { expect, it } from 'vitest';
import { emotionRuns, type EmotionSpan } from './emotionSpan';

function span(startS: number, endS: number, emotion: string, isUncertain = false): EmotionSpan {
  return { startS, endS, emotion, isUncertain, confidence: 0.8, probabilities: { [emotion]: 0.8 } };
}

it('joins what follows with the same emotion, and leaves gaps', () => {
  const spans = [span(0, 2, 'Sad'), span(2, 4, 'Sad'), span(6, 8, 'Sad'), span(8, 10, 'Happy')];
  expect(emotionRuns(spans, 10)).toEqual([
    { start: 0, end: 0.4, emotion: 'Sad', isUncertain: false },
    { start: 0.6, end: 0.8, emotion: 'Sad', isUncertain: false },
    { start: 0.8, end: 1, emotion: 'Happy', isUncertain: false },
  ]);
});

it('keeps what is uncertain apart', () => {
  const runs = emotionRuns([span(0, 5, 'Sad'), span(5, 10, 'Sad', true)], 10);
  expect(runs.map(({ isUncertain }) => isUncertain)).toEqual([false, true]);
});

it('draws nothing beyond the end, and nothing without a duration', () => {
  expect(emotionRuns([span(0, 20, 'Sad'), span(20, 30, 'Happy')], 10)).toMatchObject([{ start: 0, end: 1 }]);
  expect(emotionRuns([span(0, 1, 'Sad')], 0)).toEqual([]);
});

it('draws thousands of segments as few, each with what covers most of it', () => {
  const many = Array.from({ length: 10_000 }, (_, i) => span(i, i + 1, i % 5 === 0 ? 'Happy' : 'Sad'));
  const runs = emotionRuns(many, 10_000);
  expect(runs.length).toBeLessThanOrEqual(400);
  expect(runs.at(0)?.start).toBe(0);
  expect(runs.at(-1)?.end).toBeCloseTo(1);
});
