import { formatLength, formatPercent } from '@/lib/format';
import { emotionName, t } from '@/lib/i18n';
import type { BaselineUsed, Timeline, TimelineWindow } from '@/lib/timelineSchemas';
import type { BaselineSource } from './baselineSource';

function baselineWords(baseline: BaselineUsed): string {
  switch (baseline) {
    case 'recording':
      return t('upload.baseline.recording');
    case 'token':
      return t('upload.baseline.own');
    case 'none':
      return t('upload.baseline.everybody');
  }
}

/** What a headline is made of; a voice has it as the whole recording does. */
export interface Headline {
  emotion: string;
  /** Share of the seconds of speech. */
  confidence: number;
  low_information: boolean;
  mixed: boolean;
  distribution: Record<string, number>;
  windows?: TimelineWindow[];
}

function onlyWindow({ windows = [] }: Headline): TimelineWindow | undefined {
  return windows.length === 1 ? windows[0] : undefined;
}

/** The share of the speech; the probability where there is only one window. */
export function confidenceText(headline: Headline): string {
  const only = onlyWindow(headline);
  if (only) return formatPercent(only.confidence);
  return t('upload.ofSpeech', { share: formatPercent(headline.confidence) });
}

interface Share {
  emotion: string;
  /** Share of the speech, 0 to 1. */
  share: number;
}

/** The two emotions with most seconds of speech. `emotion` comes first where they are equal. */
export function topShares({ emotion, distribution }: Headline): Share[] {
  const totalS = Object.values(distribution).reduce((sum, seconds) => sum + seconds, 0);
  const others = Object.entries(distribution).filter(([name]) => name !== emotion);
  const ordered = others.toSorted(([, one], [, other]) => other - one);
  return [[emotion, distribution[emotion] ?? 0] as const, ...ordered]
    .slice(0, 2)
    .map(([name, seconds]) => ({ emotion: name, share: totalS > 0 ? seconds / totalS : 0 }));
}

/** A result as announced by screen readers. */
export function outcomeText(headline: Headline): string {
  const { emotion, low_information: isUncertain } = headline;
  if (!headline.mixed) {
    const values = { emotion: emotionName(emotion), share: confidenceText(headline) };
    return isUncertain ? t('upload.maybeOutcome', values) : t('upload.outcome', values);
  }
  const shares = topShares(headline)
    .map(({ emotion: name, share }) => `${emotionName(name)} ${formatPercent(share)}`)
    .join(', ');
  return isUncertain ? t('upload.maybeMixedOutcome', { shares }) : t('upload.mixedOutcome', { shares });
}

/** Duration, speech, model and baseline in one sentence. */
export function summaryText(timeline: Timeline): string {
  const { duration_s: durationS, speech_s: speechS, baseline, model } = timeline;
  return t('upload.summary', {
    length: formatLength(durationS),
    speech: formatLength(speechS),
    model,
    baseline: baselineWords(baseline),
  });
}

/** Why another baseline was used than the one that was chosen; undefined where it was that one. */
export function baselineRemark(
  { baseline, speech_s: speechS }: Timeline,
  asked: BaselineSource | undefined,
): string | undefined {
  if (asked !== 'recording' || baseline !== 'none') return undefined;
  return t('upload.baselineFellBack', { speech: formatLength(speechS) });
}

export function noSpeechText({ duration_s: durationS }: Timeline): string {
  return t('upload.noSpeechIn', { length: formatLength(durationS) });
}
