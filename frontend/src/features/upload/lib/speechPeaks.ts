import type { Segment } from '@/lib/timelineSchemas';

/** Fine enough for the largest zoom. */
const PEAKS_PER_S = 10;
const MOST_PEAKS = 36_000;

const SPEECH_PEAK = 0.6;
/** Draws a thin line where there is no speech. */
const SILENCE_PEAK = 0.02;

/** Peaks of a waveform that shows where there is speech, not how loud it is. */
export function speechPeaks(segments: Segment[], durationS: number): number[] {
  const count = Math.min(MOST_PEAKS, Math.ceil(durationS * PEAKS_PER_S));
  const peaks = new Array<number>(count).fill(SILENCE_PEAK);
  for (const { start_s: startS, end_s: endS } of segments) {
    const first = Math.floor((startS / durationS) * count);
    const last = Math.max(first + 1, Math.ceil((endS / durationS) * count));
    peaks.fill(SPEECH_PEAK, first, last);
  }
  return peaks;
}
