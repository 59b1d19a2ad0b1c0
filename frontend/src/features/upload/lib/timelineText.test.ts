import { expect, it } from 'vitest';
import { happyTimeline, mixedTimeline, twoPartTimeline, silentTimeline } from '@/test/fixtures';
import { noSpeechText, outcomeText, summaryText } from './timelineText';

it.each([
  ['one window', happyTimeline, 'Happy, 84%'],
  ['several windows', twoPartTimeline, 'Happy, 60% of speech'],
  ['two emotions', mixedTimeline, 'Mixed: Happy 50%, Sad 48% of speech'],
  ['doubt', { ...happyTimeline, low_information: true }, 'Uncertain, maybe Happy, 84%'],
])('describes the result: %s', (_case, timeline, words) => {
  expect(outcomeText(timeline)).toBe(words);
});

it.each([
  ['recording', 'this recording'],
  ['token', 'your voice'],
  ['none', 'all training speakers'],
] as const)('names the baseline: %s', (baseline, words) => {
  expect(summaryText({ ...happyTimeline, baseline })).toContain(words);
});

it('gives the duration without speech', () => {
  expect(noSpeechText(silentTimeline)).toContain('No speech in 01:05');
});
