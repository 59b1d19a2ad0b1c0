import * as z from 'zod/mini';
import {
  affectFields,
  coordinate,
  intensity,
  probability,
  sentiment,
  text,
} from '@/lib/apiSchemas';

const ms = z.number().check(z.gte(0));
const probabilities = z.record(z.string(), probability);

/** Messages of the server; times count from the first sample. */
const streamMessageSchema = z.discriminatedUnion('type', [
  z.object({
    type: z.literal('ready'),
    model: text,
    /** Results below this confidence are `low_information`. */
    min_confidence: probability,
  }),
  z.object({ type: z.literal('speech_started'), start_ms: ms }),
  z.object({
    type: z.literal('result'),
    start_ms: ms,
    end_ms: ms,
    /** Probabilities smoothed over time. */
    smoothed: probabilities,
    low_information: z.boolean(),
    smoothed_sentiment: sentiment,
    smoothed_valence: coordinate,
    smoothed_arousal: coordinate,
    intensity,
  }),
  z.object({
    type: z.literal('speech_ended'),
    start_ms: ms,
    end_ms: ms,
    /** Majority vote of the windows; `null` where there were too few. */
    emotion: z.nullable(text),
    /** Mean over the windows. */
    probabilities: z.nullable(probabilities),
    low_information: z.boolean(),
    ...affectFields,
    intensity,
    baseline: z.optional(z.nullable(text)),
    baseline_speech_s: z.optional(z.nullable(z.number().check(z.gte(0)))),
  }),
  z.object({
    type: z.literal('error'),
    code: z.string(),
    error: text,
    detail: z.optional(z.nullable(z.string())),
    /** With `too_many_requests`. */
    retry_after_s: z.optional(z.number().check(z.gte(0))),
  }),
]);

export type StreamMessage = z.infer<typeof streamMessageSchema>;

/** Undefined for a message that this page does not know. */
export function readStreamMessage(data: unknown): StreamMessage | undefined {
  if (typeof data !== 'string') return undefined;
  try {
    return streamMessageSchema.safeParse(JSON.parse(data)).data;
  } catch {
    return undefined;
  }
}
