import type { AxiosProgressEvent, AxiosRequestConfig } from 'axios';
import * as z from 'zod/mini';
import {
  malformedAnswerProblem,
  serverProblem,
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
  type Model,
  type Models,
  type PredictAnswer,
} from './apiSchemas';
import { comparisonSchema, type Comparison } from './comparisonSchemas';
import { send } from './http';
import { createLineReader } from './lineReader';
import { ProblemError } from './problem';
import { addresses, apiUrl } from './site';
import { timelineMessageSchema, type Timeline, type TimelineMessage } from './timelineSchemas';

/** A working server answers at once where nothing is computed. */
const READING_TIMEOUT_MS = 5000;

export interface ClipOptions {
  signal: AbortSignal;
  /** Name of the model; the server's default without one. */
  model?: string | undefined;
  /** Aborts when the answer takes longer. */
  timeoutMs?: number;
}

export interface PredictOptions extends ClipOptions {
  /** The speaker's baseline token. */
  baseline?: string | undefined;
  /** Asks for the baseline updated with this clip. */
  adapt?: boolean;
}

export interface AnalyzeOptions extends ClipOptions {
  /** `recording`, `none`, or a baseline token. */
  baseline: string;
  /** Which voices to tell apart; all speech is one voice without it. */
  voices?: { speakers: '2' } | { channels: 'split' } | undefined;
  /** Called with the part of the upload already sent, 0 to 1. */
  onUploadProgress?: (fraction: number) => void;
  /** Called with the messages that the server sends while it works. */
  onMessages?: (messages: TimelineMessage[]) => void;
}

async function request<T>(schema: z.ZodMiniType<T>, config: AxiosRequestConfig): Promise<T> {
  let body: unknown;
  try {
    ({ data: body } = await send<unknown>(config));
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
  // Last: the server analyses the file while it arrives and needs the other fields first.
  data.append('file', clip, clip.name);
  return { method: 'post', url: apiUrl + url, data, signal, timeout: timeoutMs };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return text;
  }
}

/** Keeps NDJSON as text; errors are JSON. */
const keepLines: AxiosRequestConfig['transformResponse'] = (body: string, _headers, status) =>
  status === 200 ? body : parsed(body);

/** The part of the answer received so far. */
function textSoFar({ event }: AxiosProgressEvent): string {
  const { target } = event as ProgressEvent<XMLHttpRequest>;
  return target?.status === 200 ? target.responseText : '';
}

function resultOf(last: TimelineMessage | undefined): Timeline {
  if (last?.type === 'error') throw new ProblemError(serverProblem(last));
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
   * Analyses a recording of any length and reports the progress. By XMLHttpRequest, as all of
   * Axios: `fetch` reads an answer piece by piece too, but does not tell how much has been sent.
   */
  async analyze(recording: File, options: AnalyzeOptions): Promise<Timeline> {
    const { baseline, voices } = options;
    const config = clipRequest('/analyze', recording, options, { baseline, peaks: 'true', ...voices });
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
      const { data } = await send<string>({
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

  /** Makes a baseline of ordinary speech. */
  async baseline(speech: File, options: ClipOptions): Promise<BaselineAnswer> {
    return request(baselineAnswerSchema, clipRequest('/baseline', speech, options));
  },

  models(signal: AbortSignal): Promise<Models> {
    return request(modelsSchema, { url: addresses.models, signal, timeout: READING_TIMEOUT_MS });
  },

  /** The card of a model, in Markdown. */
  card({ card_url: path }: Pick<Model, 'card_url'>): Promise<string> {
    const url = apiUrl + path;
    return request(z.string(), { url, responseType: 'text', timeout: READING_TIMEOUT_MS });
  },

  comparison(signal: AbortSignal): Promise<Comparison> {
    return request(comparisonSchema, { url: addresses.comparison, signal, timeout: READING_TIMEOUT_MS });
  },

  health(signal: AbortSignal, timeoutMs: number): Promise<Health> {
    return request(healthSchema, { url: `${apiUrl}/health`, signal, timeout: timeoutMs });
  },
};
