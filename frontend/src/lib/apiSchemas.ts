import * as z from 'zod/mini';
import type { components } from './api.gen';

export type Server = components['schemas'];

/** Compiles only while the server's type fits what the page reads. */
export type Reading<Promised extends Read, Read> = Promised extends Read ? Read : never;

export const probability = z.number().check(z.gte(0), z.lte(1));
export const text = z.string().check(z.minLength(1));

export const sentiment = z.optional(z.nullable(z.enum(['negative', 'neutral', 'positive'])));
export const coordinate = z.optional(z.nullable(z.number().check(z.gte(-1), z.lte(1))));

/** Derived from probabilities; `null` or missing where the server derives none. */
export const affectFields = { sentiment, valence: coordinate, arousal: coordinate };

export type AffectFields = z.infer<z.ZodMiniObject<typeof affectFields>>;

/** How strongly the emotion is expressed, in per cent; `null` or missing where the model does not tell. */
export const intensity = z.optional(z.nullable(z.number().check(z.gte(0), z.lte(100))));

export const predictionSchema = z.object({
  emotion: text,
  confidence: probability,
  probabilities: z.record(z.string(), probability),
  timestamp: z.string(),
  low_information: z.optional(z.boolean()),
  ...affectFields,
  intensity,
});

export type Prediction = z.infer<typeof predictionSchema>;

/** What an answer tells of an emotion besides its probability. */
export type ExpressionFields = Pick<Prediction, keyof AffectFields | 'intensity'>;

/** Statistics of a speaker; only the server reads the token. */
const baselineToken = text;
const speechS = z.number().check(z.gte(0));

export const predictAnswerSchema = z.extend(predictionSchema, {
  baseline: z.optional(z.nullable(baselineToken)),
  baseline_speech_s: z.optional(z.nullable(speechS)),
});

/** A prediction and, with `adapt`, the updated baseline. */
export type PredictAnswer = Reading<
  Server['PredictionBody'],
  z.infer<typeof predictAnswerSchema>
>;

export const baselineAnswerSchema = z.object({ baseline: baselineToken, speech_s: speechS });

export type BaselineAnswer = Reading<Server['BaselineBody'], z.infer<typeof baselineAnswerSchema>>;

const furtherCorpusSchema = z.object({
  corpus: z.string(),
  licence: z.string(),
  licence_url: z.string(),
  source: z.string(),
});

/** The task of the models that can be asked for an emotion. */
export const EMOTION_TASK = 'emotion';

/** Whether a model is for use, or a published system to compare with. */
export const groupSchema = z.enum(['recommended', 'published']);

const crossValidatedSchema = z.object({
  uar: probability,
  low: z.nullable(probability),
  high: z.nullable(probability),
  speakers: z.number(),
});

const modelSchema = z.object({
  name: text,
  description: z.string(),
  task: z._default(z.string(), EMOTION_TASK),
  group: z._default(groupSchema, 'recommended'),
  emotions: z.array(text),
  corpus: z.string(),
  licence: z.string(),
  licence_url: z.string(),
  /** The licence of the model itself. */
  weights_licence: z._default(z.string(), ''),
  /** Whether that licence forbids some uses. */
  restricted: z._default(z.boolean(), false),
  also_trained_on: z._default(z.array(furtherCorpusSchema), []),
  uar: z.nullable(probability),
  unseen_speakers: z.nullable(z.number()),
  /** The mean recall over all speakers of the corpus, each scored by a model that never heard them. */
  cross_validated: z._default(z.nullable(crossValidatedSchema), null),
  parameters: z.number(),
  card_url: z.string(),
  /** A baseline fits all models of the same kind. */
  baseline_kind: text,
  /** Others normalise with the training speakers' statistics only. */
  takes_baseline: z._default(z.boolean(), true),
  /** Predictions below this confidence are uncertain. */
  abstains_below: probability,
  /** The same for a speaker of whom less than `min_baseline_s` are known. */
  abstains_below_unknown: z.optional(probability),
  min_baseline_s: z.optional(speechS),
  tells_intensity: z._default(z.boolean(), false),
});

export type Model = Reading<Server['ModelBody'], z.infer<typeof modelSchema>>;

export const modelsSchema = z.object({ default: text, models: z.array(modelSchema) });

export type Models = Reading<Server['ModelsBody'], z.infer<typeof modelsSchema>>;

export const healthSchema = z.object({ status: z.string(), model_loaded: z.boolean() });

export type Health = Reading<Server['HealthBody'], z.infer<typeof healthSchema>>;

export const errorAnswerSchema = z.object({
  error: text,
  code: z.string(),
  detail: z.optional(z.nullable(z.string())),
});

export type ErrorAnswer = Reading<Server['ErrorBody'], z.infer<typeof errorAnswerSchema>>;
