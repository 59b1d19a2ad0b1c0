import { expect, it } from 'vitest';
import { happyTimeline, mixedTimeline, twoPartTimeline, silentTimeline } from '@/test/fixtures';
import { baselineRemark, noSpeechText, outcomeText, summaryText } from './timelineText';

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
  ['token', 'my voice'],
  ['none', 'everybody'],
] as const)('names the baseline: %s', (baseline, words) => {
  expect(summaryText({ ...happyTimeline, baseline })).toContain(words);
});

it('gives the duration without speech', () => {
  expect(noSpeechText(silentTimeline)).toContain('No speech in 01:05');
});

it('says why a recording was compared with everybody instead of with itself', () => {
  const fellBack = { ...happyTimeline, baseline: 'none', speech_s: 2 } as const;
  expect(baselineRemark(fellBack, 'recording')).toContain('2.0 s of speech are too little');
  expect(baselineRemark(fellBack, 'everybody')).toBeUndefined();
  expect(baselineRemark(happyTimeline, 'recording')).toBeUndefined();
});
