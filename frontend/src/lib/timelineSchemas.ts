import * as z from 'zod/mini';
import { affectFields, intensity, probability, text, type Reading, type Server } from './apiSchemas';

const seconds = z.number().check(z.gte(0));
const probabilities = z.record(z.string(), probability);

/** One window. Loose: exports keep every field that the server sent. */
const windowSchema = z.looseObject({
  start_s: seconds,
  end_s: seconds,
  emotion: text,
  confidence: probability,
  probabilities,
  /** Whether it is uncertain; missing in older exports. */
  low_information: z.optional(z.boolean()),
  /** Whose speech it is, where voices are told apart. */
  voice: z.optional(z.nullable(z.number())),
  intensity,
});

export type TimelineWindow = Reading<Server['WindowBody'], z.infer<typeof windowSchema>>;

const segmentSchema = z.looseObject({
  ...windowSchema.shape,
  low_information: z.boolean(),
  ...affectFields,
});

export type Segment = Reading<Server['SegmentBody'], z.infer<typeof segmentSchema>>;

const baselineUsed = z.enum(['recording', 'none', 'token']);

/** Statistics that features were normalised with: the recording's, the training speakers', or a token's. */
export type BaselineUsed = z.infer<typeof baselineUsed>;

/** Of a waveform, 0-255; each stands for as long. */
const peaks = z.array(z.number().check(z.gte(0), z.lte(255)));

/** One of the voices of a recording; `null` where it says nothing. */
const voiceSchema = z.looseObject({
  /** From 1. */
  id: z.number(),
  /** Of the file, from 1; `null` where all channels are mixed. */
  channel: z.nullable(z.number()),
  speech_s: seconds,
  emotion: z.nullable(text),
  confidence: z.nullable(probability),
  low_information: z.boolean(),
  mixed: z.boolean(),
  distribution: z.record(z.string(), seconds),
  segments: z.array(segmentSchema),
});

export type Voice = z.infer<typeof voiceSchema>;

export const timelineSchema = z.looseObject({
  /** The emotion with most seconds of speech; `null` without speech, as the next two. */
  emotion: z.nullable(text),
  /** Its share of the seconds of speech. */
  confidence: z.nullable(probability),
  /** Mean over the windows. */
  probabilities: z.nullable(probabilities),
  low_information: z.boolean(),
  /** Whether the second emotion of `distribution` has 90 % or more of the first's seconds. */
  mixed: z.boolean(),
  /** The majority vote of the windows; `null` without speech. */
  window_vote: z.nullable(z.object({ emotion: text, share: probability })),
  duration_s: seconds,
  speech_s: seconds,
  silence_s: seconds,
  truncated: z.boolean(),
  baseline: baselineUsed,
  model: text,
  /** Seconds of speech per emotion. */
  distribution: z.record(z.string(), seconds),
  segments: z.array(segmentSchema),
  windows: z.array(windowSchema),
  timestamp: z.string(),
  /** Only where voices were asked for. */
  voices: z.optional(z.nullable(z.array(voiceSchema))),
  /** Where channels were asked for: whether both hold the same, and are one voice. */
  same_channels: z.optional(z.nullable(z.boolean())),
  /** Missing where a browser analysed the recording. */
  peaks: z.optional(z.nullable(peaks)),
  ...affectFields,
  intensity,
});

export type Timeline = Reading<Server['AnalysisBody'], z.infer<typeof timelineSchema>>;

export interface SpeechTimeline extends Timeline {
  emotion: string;
  confidence: number;
  probabilities: Record<string, number>;
}

export function hasSpeech(timeline: Timeline): timeline is SpeechTimeline {
  const { emotion, confidence, probabilities: means } = timeline;
  return emotion !== null && confidence !== null && means !== null;
}

/** One NDJSON line of POST /analyze. */
export const timelineMessageSchema = z.discriminatedUnion('type', [
  z.object({
    type: z.literal('start'),
    model: text,
    emotions: z.array(text),
    baseline: baselineUsed,
    passes: z.number().check(z.gte(1)),
    /** Estimated; `null` where unknown. */
    duration_s: z.nullable(seconds),
  }),
  z.object({
    type: z.literal('progress'),
    pass: z.number().check(z.gte(1)),
    passes: z.number().check(z.gte(1)),
    done_s: seconds,
    duration_s: z.nullable(seconds),
  }),
  z.object({ type: z.literal('peaks'), duration_s: seconds, peaks }),
  z.looseObject({ type: z.literal('window'), ...windowSchema.shape }),
  z.looseObject({ type: z.literal('result'), ...timelineSchema.shape }),
  z.object({
    type: z.literal('error'),
    error: text,
    code: z.string(),
    detail: z.optional(z.nullable(z.string())),
  }),
]);

export type TimelineMessage = z.infer<typeof timelineMessageSchema>;
