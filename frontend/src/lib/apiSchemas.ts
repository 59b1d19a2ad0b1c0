import * as z from 'zod/mini';

const probability = z.number().check(z.gte(0), z.lte(1));

export const predictionSchema = z.object({
  emotion: z.string().check(z.minLength(1)),
  confidence: probability,
  probabilities: z.record(z.string(), probability),
  timestamp: z.string(),
});

export type Prediction = z.infer<typeof predictionSchema>;

export const errorAnswerSchema = z.object({
  error: z.string().check(z.minLength(1)),
  code: z.string(),
  detail: z.optional(z.nullable(z.string())),
});
