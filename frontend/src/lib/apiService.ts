import axios, { type AxiosProgressEvent, type AxiosRequestConfig } from 'axios';
import type * as z from 'zod/mini';
import {
  malformedAnswerProblem,
  ownWordsProblem,
  toApiError,
  toLargeFileError,
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
import { createLineReader } from './lineReader';
import { ProblemError } from './problem';
import { timelineMessageSchema, type Timeline, type TimelineMessage } from './timelineSchemas';

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
}

export interface AnalyzeOptions extends ClipOptions {
  /** What the voice is heard against: `recording`, `none`, or what is known of the speaker. */
  baseline: string;
  /** Called with the part of the upload already sent, 0 to 1. */
  onUploadProgress?: (fraction: number) => void;
  /** Called with what the server has to say while it works. */
  onMessages?: (messages: TimelineMessage[]) => void;
}

/** What a timeline can be made into, each as the server names it. */
export type TimelineFormat = 'csv' | 'vtt' | 'audacity' | 'textgrid' | 'rttm';

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

type Fields = Record<string, string | undefined>;

function clipRequest(url: string, clip: File, options: ClipOptions, fields: Fields = {}) {
  const { signal, model, timeoutMs = 0 } = options;
  const data = new FormData();
  for (const [name, value] of Object.entries({ model, ...fields })) {
    if (value !== undefined) data.append(name, value);
  }
  // Last: the server reads a long recording while it comes, and has to know by then what for.
  data.append('file', clip, clip.name);
  return { method: 'post', url, data, signal, timeout: timeoutMs };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return text;
  }
}

/** A stream of lines stays text; an error is JSON as ever. */
const keepLines: AxiosRequestConfig['transformResponse'] = (body: string, _headers, status) =>
  status === 200 ? body : parsed(body);

/** What has come so far of an answer that is still coming. */
function textSoFar({ event }: AxiosProgressEvent): string {
  const { target } = event as ProgressEvent<XMLHttpRequest>;
  return target?.status === 200 ? target.responseText : '';
}

function resultOf(last: TimelineMessage | undefined): Timeline {
  if (last?.type === 'error') throw new ProblemError(ownWordsProblem(last));
  if (last?.type !== 'result') throw new ProblemError(malformedAnswerProblem());
  const timeline: Timeline & { type?: string } = { ...last };
  delete timeline.type;
  return timeline;
}

export const apiService = {
  async predict(clip: File, options: PredictOptions): Promise<PredictAnswer> {
    const { baseline, adapt } = options;
    const fields = { baseline, adapt: adapt ? 'true' : undefined };
    return request(predictAnswerSchema, clipRequest('/predict', clip, options, fields));
  },

  /**
   * Has a recording of any length analysed, and tells how that goes. By XMLHttpRequest, as all of
   * Axios: `fetch` reads an answer piece by piece too, but does not tell how much has been sent.
   */
  async analyze(recording: File, options: AnalyzeOptions): Promise<Timeline> {
    const { baseline } = options;
    const config = clipRequest('/analyze', recording, options, { baseline });
    let last: TimelineMessage | undefined;
    const newLines = createLineReader();
    const take = (soFar: string) => {
      const read = newLines(soFar).map((line) => timelineMessageSchema.safeParse(parsed(line)));
      const fresh = read.flatMap(({ data: message }) => message ?? []);
      if (fresh.length === 0) return;
      last = fresh.at(-1);
      options.onMessages?.(fresh);
    };
    try {
      const { data } = await axios.request<string>({
        ...config,
        headers: { Accept: 'application/x-ndjson' },
        transformResponse: keepLines,
        onUploadProgress: ({ progress }) => {
          if (progress !== undefined) options.onUploadProgress?.(progress);
        },
        onDownloadProgress: (event) => {
          take(textSoFar(event));
        },
      });
      take(`${data}\n`);
    } catch (error) {
      throw toLargeFileError(toApiError(error), recording);
    }
    return resultOf(last);
  },

  /** Has a timeline written as a file for another program. */
  async timelineFile(
    timeline: Timeline,
    format: TimelineFormat,
    signal: AbortSignal,
  ): Promise<string> {
    try {
      const { data } = await axios.request<string>({
        method: 'post',
        url: '/timeline',
        params: { format },
        data: timeline,
        signal,
        transformResponse: keepLines,
      });
      return data;
    } catch (error) {
      throw toApiError(error);
    }
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
