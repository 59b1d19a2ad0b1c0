import * as z from 'zod/mini';
import { groupSchema, probability, text, type Reading, type Server } from './apiSchemas';

const count = z.int().check(z.gte(0));

/** A figure and its 95 % interval over speakers. */
const intervalSchema = z.object({ value: z.number(), low: z.number(), high: z.number() });

export type Interval = z.infer<typeof intervalSchema>;

const splitScoresSchema = z.object({
  uar: intervalSchema,
  wa: intervalSchema,
  macro_f1: intervalSchema,
  /** Clips by intended label and answer; a last column more counts clips without an answer. */
  confusion: z.array(z.array(count)),
  clips: count,
  speakers: count,
  folds: count,
});

export type SplitScores = z.infer<typeof splitScoresSchema>;

const claimSchema = z.object({
  text: z.string(),
  accuracy: z.nullable(probability),
  reason: z.string(),
});

export type Claim = z.infer<typeof claimSchema>;

/** One system on one corpus. */
const systemSchema = z.object({
  model: text,
  /** Whether the server's models have it. */
  shipped: z.boolean(),
  task: z.string(),
  group: groupSchema,
  architecture: z.string(),
  features: z.string(),
  corpus: z.string(),
  licence: z.string(),
  labels: z.array(text),
  parameters: count,
  onnx_bytes: z.nullable(count),
  ms_per_clip: z.nullable(z.number()),
  unseen: splitScoresSchema,
  /** The same with a baseline of other clips of the speaker; `null` for a system that takes none. */
  unseen_own: z.nullable(intervalSchema),
  random_split: z.nullable(splitScoresSchema),
  false_emotion_rate: z.nullable(probability),
  claim: z.nullable(claimSchema),
});

export type System = Reading<Server['Row'], z.infer<typeof systemSchema>>;

export const comparisonSchema = z.object({
  command: z.string(),
  created: z.string(),
  rows: z.array(systemSchema),
});

export type Comparison = Reading<Server['Comparison'], z.infer<typeof comparisonSchema>>;
