import axios, { type AxiosRequestConfig } from 'axios';
import type * as z from 'zod/mini';
import {
  malformedAnswerProblem,
  MAX_UPLOAD_BYTES,
  toApiError,
  tooLargeProblem,
} from './apiProblem';
import {
  baselineAnswerSchema,
  healthSchema,
  modelsSchema,
  predictAnswerSchema,
  type BaselineAnswer,
  type Health,
  type Models,
  type PredictAnswer,
} from './apiSchemas';
import { ProblemError } from './problem';

/** The list is at hand in a server that works. */
const MODELS_TIMEOUT_MS = 5000;

export interface ClipOptions {
  signal: AbortSignal;
  /** The model to ask; without one, the server's default. */
  model?: string | undefined;
  /** Gives the server up when its answer takes longer. */
  timeoutMs?: number;
}

export interface PredictOptions extends ClipOptions {
  /** What is known of the speaker. */
  baseline?: string | undefined;
  /** Asks for the baseline grown by this clip. */
  adapt?: boolean;
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

function clipRequest(url: string, clip: File, { signal, model, timeoutMs = 0 }: ClipOptions) {
  if (clip.size > MAX_UPLOAD_BYTES) throw new ProblemError(tooLargeProblem(clip.size));
  const data = new FormData();
  data.append('file', clip, clip.name);
  if (model !== undefined) data.append('model', model);
  return { method: 'post', url, data, signal, timeout: timeoutMs };
}

export const apiService = {
  async predict(clip: File, options: PredictOptions): Promise<PredictAnswer> {
    const config = clipRequest('/predict', clip, options);
    if (options.baseline !== undefined) config.data.append('baseline', options.baseline);
    if (options.adapt) config.data.append('adapt', 'true');
    return request(predictAnswerSchema, {
      ...config,
      onUploadProgress: ({ progress }) => {
        if (progress !== undefined) options.onUploadProgress?.(progress);
      },
    });
  },

  /** Has ordinary speech made into a baseline to hear the speaker against. */
  async baseline(speech: File, options: ClipOptions): Promise<BaselineAnswer> {
    return request(baselineAnswerSchema, clipRequest('/baseline', speech, options));
  },

  models(signal: AbortSignal): Promise<Models> {
    return request(modelsSchema, { url: '/models', signal, timeout: MODELS_TIMEOUT_MS });
  },

  health(signal: AbortSignal, timeoutMs: number): Promise<Health> {
    return request(healthSchema, { url: '/health', signal, timeout: timeoutMs });
  },
};
