import { expect, it } from 'vitest';
import { twoPartTimeline } from '@/test/fixtures';
import { speechPeaks } from './speechPeaks';

it('is high where there is speech, and a line where there is none', () => {
  const peaks = speechPeaks(twoPartTimeline.segments, 24);
  const at = (timeS: number) => peaks[Math.floor((timeS / 24) * peaks.length)];
  expect([1, 5].map(at)).toEqual([at(9), at(11)]);
  expect(at(7)).toBeLessThan(at(1) ?? 0);
  expect(at(20)).toBe(at(7));
});

it('shows the shortest word of a long day', () => {
  const [segment] = twoPartTimeline.segments;
  if (!segment) throw new Error('The fixture has segments.');
  const peaks = speechPeaks([{ ...segment, start_s: 7000, end_s: 7000.3 }], 14_400);
  expect(new Set(peaks).size).toBe(2);
});
