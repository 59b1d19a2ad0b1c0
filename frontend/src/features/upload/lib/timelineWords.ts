import { formatCount, formatLength, formatPercent } from '../../../lib/format';
import type { BaselineUsed, SpokenTimeline, Timeline } from '../../../lib/timelineSchemas';

const heardAgainstWords: Record<BaselineUsed, string> = {
  recording: 'the recording itself',
  token: 'your own voice',
  none: 'everybody’s voices',
};

/** The winner's share of the votes; with one window, there is no vote, and it is as sure as that. */
export function confidenceWords({ windows, confidence }: SpokenTimeline): string {
  const [only, ...others] = windows;
  return only && others.length === 0
    ? formatPercent(only.confidence)
    : `${formatPercent(confidence)} of ${formatCount(windows.length, 'window')}`;
}

/** A timeline as it is read out. */
export function outcomeWords(timeline: SpokenTimeline): string {
  const doubt = timeline.low_information ? 'Uncertain, perhaps ' : '';
  return `${doubt}${timeline.emotion}, ${confidenceWords(timeline)}`;
}

/** How long it is, what of it is speech, and what that was heard against. */
export function summaryWords(timeline: Timeline): string {
  const { duration_s: durationS, speech_s: speechS, baseline, model } = timeline;
  return (
    `${formatLength(durationS)} long, ${formatLength(speechS)} of it speech. ` +
    `Heard by ${model} against ${heardAgainstWords[baseline]}.`
  );
}

export const TRUNCATED_WORDS =
  'The file ends in the middle: it was cut off or damaged. This is what could be read of it.';

export function noSpeechWords({ duration_s: durationS }: Timeline): string {
  return `In ${formatLength(durationS)} nothing was heard as speech. Silence, noise and music get no emotion.`;
}
