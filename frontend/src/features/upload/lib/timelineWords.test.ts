import { expect, it } from 'vitest';
import { happyTimeline, mixedTimeline, silentTimeline } from '../../../test/fixtures';
import { noSpeechWords, outcomeWords, summaryWords } from './timelineWords';

it.each([
  ['one look', happyTimeline, 'Happy, 84.2%'],
  ['a vote', mixedTimeline, 'Happy, 66.7% of 3 windows'],
  ['doubt', { ...happyTimeline, low_information: true }, 'Uncertain, perhaps Happy, 84.2%'],
])('tells what came out: %s', (_case, timeline, words) => {
  expect(outcomeWords(timeline)).toBe(words);
});

it.each([
  ['recording', 'the recording itself'],
  ['token', 'your own voice'],
  ['none', 'everybody'],
] as const)('tells what the voice was heard against: %s', (baseline, words) => {
  expect(summaryWords({ ...happyTimeline, baseline })).toContain(words);
});

it('tells how long nothing was said', () => {
  expect(noSpeechWords(silentTimeline)).toContain('In 01:05 nothing was heard as speech');
});
