import { describe, expect, it } from 'vitest';
import { curveColumns, emotionCurves } from './emotionCurve';
import type { EmotionSpan } from './emotionSpan';

const emotions = ['Happy', 'Sad'];
const COLUMNS = 500;

function span(startS: number, endS: number, happy: number, isUncertain = false): EmotionSpan {
  return {
    startS,
    endS,
    emotion: happy > 0.5 ? 'Happy' : 'Sad',
    confidence: Math.max(happy, 1 - happy),
    isUncertain,
    probabilities: { Happy: happy, Sad: 1 - happy },
  };
}

function columnsOf(spans: EmotionSpan[], durationS: number) {
  return curveColumns(spans, emotions, durationS, COLUMNS).values;
}

/** At some times, in seconds. */
function at(columns: (number | null)[] | undefined, durationS: number, ...timesS: number[]) {
  return timesS.map((timeS) => columns?.[Math.floor((timeS / durationS) * COLUMNS)]);
}

describe('columns', () => {
  it('hold the mean of the spans that cover them, and nothing where none does', () => {
    const [happy, sad] = columnsOf([span(0, 3, 1), span(1, 4, 0.5)], 10);
    expect(at(happy, 10, 0.5, 2, 3.5, 5)).toEqual([1, 0.75, 0.5, null]);
    expect(at(sad, 10, 0.5, 2, 3.5, 5)).toEqual([0, 0.25, 0.5, null]);
  });

  it('have a gap where a span is of a model without that emotion', () => {
    const other = { ...span(2, 4, 1), probabilities: { Happy: 1 } };
    const [happy, sad] = columnsOf([span(0, 2, 0.5), other], 4);
    expect(at(happy, 4, 1, 3)).toEqual([0.5, 1]);
    expect(at(sad, 4, 1, 3)).toEqual([0.5, null]);
  });

  it('show every span, however short beside the whole', () => {
    const [happy] = columnsOf([span(5000, 5003, 0.8)], 14_400);
    expect(happy?.filter((value) => value !== null)).toEqual([0.8]);
  });

  it('end with the whole, where spans go beyond it', () => {
    const [happy] = columnsOf([span(9, 12, 1), span(11, 14, 1)], 10);
    expect(happy).toHaveLength(COLUMNS);
    expect(happy?.at(-1)).toBe(1);
  });

  it('are empty without spans', () => {
    const [happy] = columnsOf([], 10);
    expect(happy?.every((value) => value === null)).toBe(true);
  });
});

describe('curves', () => {
  it('are one area for each stretch of speech', () => {
    const [happy, sad] = emotionCurves([span(0, 3, 1), span(5, 8, 0.5)], emotions, 10, COLUMNS);
    expect(happy?.emotion).toBe('Happy');
    expect(happy?.certain.match(/M/g)).toHaveLength(2);
    expect(happy?.certain.match(/Z/g)).toHaveLength(2);
    expect(happy?.certain).toContain('M0 1L0 0.000');
    expect(sad?.certain).toContain('M250 1L250 0.500');
  });

  it('keep apart what is uncertain', () => {
    const [happy] = emotionCurves([span(0, 5, 1), span(5, 10, 0.6, true)], emotions, 10, COLUMNS);
    expect(happy?.certain).toContain('M0 1');
    expect(happy?.certain).not.toContain('M250 1');
    expect(happy?.uncertain).toMatch(/^M250 1/);
  });

  it('are nothing where there is nothing', () => {
    const curves = emotionCurves([], emotions, 10, COLUMNS);
    expect(curves.map(({ certain, uncertain }) => certain + uncertain)).toEqual(['', '']);
  });
});
