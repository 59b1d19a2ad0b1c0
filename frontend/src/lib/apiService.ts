import axios, { type AxiosRequestConfig } from 'axios';
import type * as z from 'zod/mini';
import {
  malformedAnswerProblem,
  MAX_UPLOAD_BYTES,
  toApiError,
  tooLargeProblem,
} from './apiProblem';
import {
  healthSchema,
  modelsSchema,
  predictionSchema,
  type Health,
  type Models,
  type Prediction,
} from './apiSchemas';
import { ProblemError } from './problem';

/** The list is at hand in a server that works. */
const MODELS_TIMEOUT_MS = 5000;

export interface PredictOptions {
  signal: AbortSignal;
  /** The model to ask; without one, the server's default. */
  model?: string | undefined;
  /** Gives the server up when its answer takes longer. */
  timeoutMs?: number;
  /** Called with the part of the upload already sent, 0 to 1. */
  onUploadProgress?: (fraction: number) => void;
}

async function request<T>(schema: z.ZodMiniType<T>, config: AxiosRequestConfig): Promise<T> {
  let body: unknown;
  try {
    ({ data: body } = await axios.request<unknown>(config));
  } catch (error) {
    throw toApiError(error);
  }
  const answer = schema.safeParse(body);
  if (!answer.success) throw new ProblemError(malformedAnswerProblem(), { cause: answer.error });
  return answer.data;
}

export const apiService = {
  async predict(clip: File, options: PredictOptions): Promise<Prediction> {
    if (clip.size > MAX_UPLOAD_BYTES) throw new ProblemError(tooLargeProblem(clip.size));
    const form = new FormData();
    form.append('file', clip, clip.name);
    if (options.model !== undefined) form.append('model', options.model);
    return request(predictionSchema, {
      method: 'post',
      url: '/predict',
      data: form,
      signal: options.signal,
      timeout: options.timeoutMs ?? 0,
      onUploadProgress: ({ progress }) => {
        if (progress !== undefined) options.onUploadProgress?.(progress);
      },
    });
  },

  models(signal: AbortSignal): Promise<Models> {
    return request(modelsSchema, { url: '/models', signal, timeout: MODELS_TIMEOUT_MS });
  },

  health(signal: AbortSignal, timeoutMs: number): Promise<Health> {
    return request(healthSchema, { url: '/health', signal, timeout: timeoutMs });
  },
};
