import { expect, it } from 'vitest';
import type { TimelineMessage } from '@/lib/timelineSchemas';
import { twoPartTimeline } from '@/test/fixtures';
import { afterMessages, emptyAnalysis, fractionDone } from './analysis';

const [first, second, third] = twoPartTimeline.windows.map(
  (window) => ({ type: 'window', ...window }) as const,
);

it('gathers windows, and knows the last word on how far it is', () => {
  if (!first || !second || !third) throw new Error('The fixture has three windows.');
  const progress = { type: 'progress', pass: 2, passes: 2, duration_s: 12 } as const;
  let analysis = afterMessages(emptyAnalysis, [first, { ...progress, done_s: 3 }, second]);
  analysis = afterMessages(analysis, [third, { ...progress, done_s: 9 }]);
  expect(analysis.windows).toMatchObject(twoPartTimeline.windows);
  expect(analysis).toMatchObject({ pass: 2, passes: 2, doneS: 9, durationS: 12 });
});

it('begins anew when the server does', () => {
  if (!first) throw new Error('The fixture has three windows.');
  const start: TimelineMessage = {
    type: 'start',
    model: 'a',
    emotions: ['Sad'],
    baseline: 'none',
    passes: 1,
    duration_s: null,
  };
  const analysis = afterMessages(afterMessages(emptyAnalysis, [first]), [start]);
  expect(analysis).toEqual({ ...emptyAnalysis, passes: 1, emotions: ['Sad'] });
});

it.each([
  ['the first of two', { pass: 1, passes: 2, doneS: 50, durationS: 100 }, 0.25],
  ['the second of two', { pass: 2, passes: 2, doneS: 50, durationS: 100 }, 0.75],
  ['the only one', { pass: 1, passes: 1, doneS: 50, durationS: 100 }, 0.5],
  ['more than was estimated', { pass: 1, passes: 2, doneS: 120, durationS: 100 }, 0.5],
  ['nobody knows how long', { pass: 1, passes: 2, doneS: 50, durationS: null }, undefined],
  ['an estimate of nothing', { pass: 1, passes: 2, doneS: 0, durationS: 0 }, undefined],
  ['not begun', {}, undefined],
])('knows which part is done: %s', (_case, part, fraction) => {
  expect(fractionDone({ ...emptyAnalysis, ...part })).toBe(fraction);
});
