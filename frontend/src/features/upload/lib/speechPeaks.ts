import type { Segment } from '../../../lib/timelineSchemas';

const PEAKS = 600;
const SPEECH_PEAK = 0.6;
/** A line, where there is nothing else. */
const SILENCE_PEAK = 0.02;

/** Peaks of a waveform that shows where there is speech, not how loud it is. */
export function speechPeaks(segments: Segment[], durationS: number): number[] {
  const peaks = new Array<number>(PEAKS).fill(SILENCE_PEAK);
  for (const { start_s: startS, end_s: endS } of segments) {
    const first = Math.floor((startS / durationS) * PEAKS);
    const last = Math.max(first + 1, Math.ceil((endS / durationS) * PEAKS));
    peaks.fill(SPEECH_PEAK, first, last);
  }
  return peaks;
}
