import { formatLength, formatPercent } from '@/lib/format';
import type { BaselineUsed, SpeechTimeline, Timeline } from '@/lib/timelineSchemas';

const baselineWords: Record<BaselineUsed, string> = {
  recording: 'this recording',
  token: 'your voice',
  none: 'all training speakers',
};

/** The share of the speech; the probability where there is only one window. */
export function confidenceText({ windows, confidence }: SpeechTimeline): string {
  const [only, ...others] = windows;
  return only && others.length === 0
    ? formatPercent(only.confidence)
    : `${formatPercent(confidence)} of speech`;
}

interface Share {
  emotion: string;
  /** Share of the speech, 0 to 1. */
  share: number;
}

/** The two emotions with most seconds of speech. `emotion` comes first where they are equal. */
export function topShares({ emotion, distribution }: SpeechTimeline): Share[] {
  const totalS = Object.values(distribution).reduce((sum, seconds) => sum + seconds, 0);
  const others = Object.entries(distribution).filter(([name]) => name !== emotion);
  const ordered = others.toSorted(([, one], [, other]) => other - one);
  return [[emotion, distribution[emotion] ?? 0] as const, ...ordered]
    .slice(0, 2)
    .map(([name, seconds]) => ({ emotion: name, share: totalS > 0 ? seconds / totalS : 0 }));
}

/** A result as announced by screen readers. */
export function outcomeText(timeline: SpeechTimeline): string {
  const doubt = timeline.low_information ? 'Uncertain, maybe ' : '';
  if (!timeline.mixed) return `${doubt}${timeline.emotion}, ${confidenceText(timeline)}`;
  const shares = topShares(timeline).map(({ emotion, share }) => `${emotion} ${formatPercent(share)}`);
  return `${doubt}Mixed: ${shares.join(', ')} of speech`;
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
