import {
  affectOf,
  indexOfMost,
  intensityField,
  isUncertain,
  named,
  rounded,
  type Affect,
} from './answer';
import type { Description } from './description';
import { findSegments, meanOf, type Interval } from './segments';
import { vote } from './vote';

/** An analysis is mixed if the second emotion has so much of the seconds of the first. */
const MIXED_SHARE = 0.9;

/** What the features were normalised with: the recording's own statistics, the training speakers', a token's. */
export type BaselineKind = 'recording' | 'none' | 'token';

/** One window of speech; windows overlap. */
export interface TimelineWindow {
  start_s: number;
  end_s: number;
  emotion: string;
  confidence: number;
  probabilities: Record<string, number>;
  low_information: boolean;
  intensity?: number;
}

/** A run of one emotion; segments do not overlap. */
export type TimelineSegment = TimelineWindow & Affect;

/** As the answer of `POST /analyze`, without its time. */
export interface Timeline extends Affect {
  /** The one with most seconds of speech; `null` without speech, as the next two and `window_vote`. */
  emotion: string | null;
  /** Its share of the seconds of speech. */
  confidence: number | null;
  /** The mean over the windows. */
  probabilities: Record<string, number> | null;
  low_information: boolean;
  /** Whether the second emotion has 90 % or more of the first's seconds. */
  mixed: boolean;
  window_vote: { emotion: string; share: number } | null;
  duration_s: number;
  speech_s: number;
  silence_s: number;
  /** Browsers do not tell, so it is false. */
  truncated: boolean;
  /** Seconds of speech of each emotion. */
  distribution: Record<string, number>;
  segments: TimelineSegment[];
  windows: TimelineWindow[];
  baseline: BaselineKind;
  model: string;
  intensity?: number;
}

export function windowOf(window: Interval, description: Description): TimelineWindow {
  const best = indexOfMost(window.probabilities);
  const confidence = window.probabilities[best] ?? 0;
  const { startS, endS } = window;
  return {
    start_s: rounded(startS, 3),
    end_s: rounded(endS, 3),
    emotion: description.emotions[best] ?? '',
    confidence: rounded(confidence),
    probabilities: named(window.probabilities, description),
    low_information: isUncertain(confidence, endS - startS, window.network, description),
    ...intensityField(window.intensity),
  };
}

/** The analysis of a recording of which these are the windows, and the seconds [start, end) of speech. */
export function timelineOf(
  windows: readonly Interval[],
  stretchesS: readonly (readonly [number, number])[],
  durationS: number,
  baseline: BaselineKind,
  description: Description,
): Timeline {
  const segments = findSegments(windows, stretchesS);
  const lengthOf = ({ startS, endS }: Interval) => endS - startS;
  const speechS = segments.reduce((sum, segment) => sum + lengthOf(segment), 0);
  const distribution = Object.fromEntries(
    description.emotions.map((emotion, i) => {
      const own = segments.filter(({ probabilities }) => indexOfMost(probabilities) === i);
      return [emotion, rounded(own.reduce((sum, segment) => sum + lengthOf(segment), 0), 3)];
    }),
  );
  return {
    ...headlineOf(segments.length > 0 ? windows : [], distribution, speechS, description),
    duration_s: rounded(durationS, 3),
    speech_s: rounded(speechS, 3),
    silence_s: rounded(Math.max(durationS - speechS, 0), 3),
    truncated: false,
    distribution,
    segments: segments.map((segment) => {
      const line = windowOf(segment, description);
      return { ...line, ...affectOf(line.probabilities, description.ratings) };
    }),
    windows: windows.map((window) => windowOf(window, description)),
    baseline,
    model: description.name,
  };
}

type Headline = Pick<
  Timeline,
  'emotion' | 'confidence' | 'probabilities' | 'low_information' | 'mixed' | 'window_vote' | 'intensity' | keyof Affect
>;

const NOBODY_SPEAKS: Headline = {
  emotion: null,
  confidence: null,
  probabilities: null,
  low_information: true,
  mixed: false,
  window_vote: null,
  sentiment: null,
  valence: null,
  arousal: null,
};

/** The emotion with most seconds of speech; of those with as many, the likeliest on the mean. */
function headlineOf(
  windows: readonly Interval[],
  distribution: Record<string, number>,
  speechS: number,
  description: Description,
): Headline {
  const { emotions, ratings } = description;
  if (windows.length === 0) return NOBODY_SPEAKS;
  const { winner, share, mean } = vote(windows.map(({ probabilities }) => probabilities));
  const seconds = emotions.map((emotion) => distribution[emotion] ?? 0);
  const [best = 0, second = 0] = emotions
    .map((_, i) => i)
    .sort((a, b) => (seconds[b] ?? 0) - (seconds[a] ?? 0) || (mean[b] ?? 0) - (mean[a] ?? 0));
  const network = meanOf(windows.map((window) => window.network));
  const known = windows.flatMap(({ intensity }) => intensity ?? []);
  const probabilities = named(mean, description);
  return {
    emotion: emotions[best] ?? '',
    confidence: rounded((seconds[best] ?? 0) / seconds.reduce((sum, each) => sum + each, 0)),
    probabilities,
    low_information: isUncertain(mean[best] ?? 0, speechS, network, description),
    mixed: (seconds[second] ?? 0) >= MIXED_SHARE * (seconds[best] ?? 0),
    window_vote: { emotion: emotions[winner] ?? '', share: rounded(share) },
    ...affectOf(probabilities, ratings),
    ...intensityField(known.length > 0 ? known.reduce((sum, each) => sum + each, 0) / known.length : undefined),
  };
}
