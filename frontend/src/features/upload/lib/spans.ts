import type { EmotionSpan } from '@/lib/emotionSpan';
import type { Segment, TimelineWindow } from '@/lib/timelineSchemas';

/** Segments or windows as they are drawn. */
export function spansOf(parts: (Segment | TimelineWindow)[]): EmotionSpan[] {
  return parts.map(({ start_s, end_s, emotion, confidence, probabilities, low_information }) => ({
    startS: start_s,
    endS: end_s,
    emotion,
    confidence,
    probabilities,
    isUncertain: low_information === true,
  }));
}

/** Index of the segment at a position; -1 where there is none. */
export function segmentAt(segments: Segment[], positionS: number): number {
  return segments.findIndex(({ start_s, end_s }) => start_s <= positionS && positionS < end_s);
}
