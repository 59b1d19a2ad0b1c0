import { formatCount, formatLength, formatPercent } from '../../../lib/format';
import type { BaselineUsed, SpeechTimeline, Timeline } from '../../../lib/timelineSchemas';

const baselineWords: Record<BaselineUsed, string> = {
  recording: 'this recording',
  token: 'your voice',
  none: 'all training speakers',
};

/** The winner's share of the votes; with one window, there is no vote, and it is as sure as that. */
export function confidenceText({ windows, confidence }: SpeechTimeline): string {
  const [only, ...others] = windows;
  return only && others.length === 0
    ? formatPercent(only.confidence)
    : `${formatPercent(confidence)} of ${formatCount(windows.length, 'window')}`;
}

/** A result as announced by screen readers. */
export function outcomeText(timeline: SpeechTimeline): string {
  const doubt = timeline.low_information ? 'Uncertain, maybe ' : '';
  return `${doubt}${timeline.emotion}, ${confidenceText(timeline)}`;
}

/** Duration, speech, model and baseline in one sentence. */
export function summaryText(timeline: Timeline): string {
  const { duration_s: durationS, speech_s: speechS, baseline, model } = timeline;
  return (
    `${formatLength(durationS)} long, ${formatLength(speechS)} of it speech. ` +
    `Model: ${model}. Features normalised with: ${baselineWords[baseline]}.`
  );
}

export const TRUNCATED_TEXT =
  'The file is cut off or damaged. The result covers the part that could be decoded.';

export function noSpeechText({ duration_s: durationS }: Timeline): string {
  return `No speech in ${formatLength(durationS)}. Silence, noise and music get no emotion.`;
}
