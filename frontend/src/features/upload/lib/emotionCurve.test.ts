import { describe, expect, it } from 'vitest';
import type { TimelineWindow } from '@/lib/timelineSchemas';
import { curveColumns, emotionCurves } from './emotionCurve';

const emotions = ['Happy', 'Sad'];
const COLUMNS = 500;

function window(startS: number, endS: number, happy: number): TimelineWindow {
  return {
    start_s: startS,
    end_s: endS,
    emotion: happy > 0.5 ? 'Happy' : 'Sad',
    confidence: Math.max(happy, 1 - happy),
    probabilities: { Happy: happy, Sad: 1 - happy },
  };
}

/** At some times, in seconds. */
function at(columns: (number | null)[] | undefined, durationS: number, ...timesS: number[]) {
  return timesS.map((timeS) => columns?.[Math.floor((timeS / durationS) * COLUMNS)]);
}

describe('columns', () => {
  it('hold the mean of the windows that cover them, and nothing where none does', () => {
    const [happy, sad] = curveColumns([window(0, 3, 1), window(1, 4, 0.5)], emotions, 10, COLUMNS);
    expect(at(happy, 10, 0.5, 2, 3.5, 5)).toEqual([1, 0.75, 0.5, null]);
    expect(at(sad, 10, 0.5, 2, 3.5, 5)).toEqual([0, 0.25, 0.5, null]);
  });

  it('show every window, however short beside the whole', () => {
    const [happy] = curveColumns([window(5000, 5003, 0.8)], emotions, 14_400, COLUMNS);
    expect(happy?.filter((value) => value !== null)).toEqual([0.8]);
  });

  it('end with the whole, where windows go beyond it', () => {
    const [happy] = curveColumns([window(9, 12, 1), window(11, 14, 1)], emotions, 10, COLUMNS);
    expect(happy).toHaveLength(COLUMNS);
    expect(happy?.at(-1)).toBe(1);
  });

  it('are empty without windows', () => {
    const [happy] = curveColumns([], emotions, 10, COLUMNS);
    expect(happy?.every((value) => value === null)).toBe(true);
  });
});

describe('curves', () => {
  it('are one area for each stretch of speech', () => {
    const [happy, sad] = emotionCurves([window(0, 3, 1), window(5, 8, 0.5)], emotions, 10, COLUMNS);
    expect(happy?.emotion).toBe('Happy');
    expect(happy?.path.match(/M/g)).toHaveLength(2);
    expect(happy?.path.match(/Z/g)).toHaveLength(2);
    expect(happy?.path).toContain('M0 1L0 0.000');
    expect(sad?.path).toContain('M250 1L250 0.500');
  });

  it('are nothing where there is nothing', () => {
    expect(emotionCurves([], emotions, 10, COLUMNS).map(({ path }) => path)).toEqual(['', '']);
  });
});
