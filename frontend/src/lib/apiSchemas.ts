import * as z from 'zod/mini';
import type { components } from './api.gen';

type Server = components['schemas'];

/** Compiles only while all that the server promises is what the page reads. */
type Reading<Promised extends Read, Read> = Promised extends Read ? Read : never;

const probability = z.number().check(z.gte(0), z.lte(1));
const text = z.string().check(z.minLength(1));

export const predictionSchema = z.object({
  emotion: text,
  confidence: probability,
  probabilities: z.record(z.string(), probability),
  timestamp: z.string(),
  low_information: z.optional(z.boolean()),
});

export type Prediction = Reading<Server['PredictionBody'], z.infer<typeof predictionSchema>>;

const modelSchema = z.object({
  name: text,
  description: z.string(),
  emotions: z.array(text),
  corpus: z.string(),
  licence: z.string(),
  licence_url: z.string(),
  uar: z.nullable(probability),
  unseen_speakers: z.nullable(z.number()),
  parameters: z.number(),
  card_url: z.string(),
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
