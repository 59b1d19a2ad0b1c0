import type { EmotionSpan } from '@/lib/emotionSpan';
import type { Segment, Timeline, Voice } from '@/lib/timelineSchemas';
import { spansOf } from './spans';
import type { UploadState } from './uploads';

/** What can be drawn of a file so far. */
export interface Drawn {
  /** One lane each. */
  emotions: string[];
  /** Of the segments. */
  spans: EmotionSpan[];
  /** Of the windows, which overlap. */
  windows: EmotionSpan[];
  windowsOfVoices: Map<number, EmotionSpan[]>;
  segments: Segment[];
  voices: Voice[];
  durationS: number | null;
  /** The server's, 0-255. */
  peaks: number[] | null | undefined;
  hasSound: boolean;
}

function ofTimeline(timeline: Timeline): Omit<Drawn, 'hasSound'> {
  const { windows, segments, distribution, duration_s: durationS, peaks } = timeline;
  const voices = timeline.voices ?? [];
  return {
    emotions: Object.keys(distribution),
    spans: spansOf(segments),
    windows: spansOf(windows),
    windowsOfVoices: new Map(
      voices.map(({ id }) => [id, spansOf(windows.filter(({ voice }) => voice === id))]),
    ),
    segments,
    voices,
    durationS,
    peaks,
  };
}

/** @param expected - emotions that the model knows: their lanes are there before the first window is. */
export function drawnOf(state: UploadState, expected: string[], hasSound: boolean): Drawn {
  if (state.phase === 'done' || state.phase === 'no_speech') {
    const drawn = ofTimeline(state.timeline);
    return { ...drawn, emotions: drawn.emotions.length > 0 ? drawn.emotions : expected, hasSound };
  }
  const nothing = {
    emotions: expected,
    spans: [],
    windows: [],
    windowsOfVoices: new Map<number, EmotionSpan[]>(),
    segments: [],
    voices: [],
    durationS: null,
    peaks: undefined,
    hasSound,
  };
  if (state.phase !== 'analysing') return nothing;
  const { emotions, windows, durationS, peaks } = state.analysis;
  return {
    ...nothing,
    emotions: emotions.length > 0 ? emotions : expected,
    windows: spansOf(windows),
    durationS,
    peaks,
  };
}
