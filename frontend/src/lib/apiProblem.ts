import { isAxiosError, isCancel, type AxiosResponse } from 'axios';
import { errorAnswerSchema, type ErrorAnswer } from './apiSchemas';
import { formatSize } from './format';
import { ProblemError, toProblem, type Problem } from './problem';

/** The server's default limit. */
const USUAL_LARGEST_FILE_BYTES = 500 * 1024 * 1024;

/** A longer Retry-After is cut to this. */
const LONGEST_RETRY_AFTER_S = 120;

const TRY_AGAIN = 'Try again in a moment.';

const remedies = new Map([
  ['no_file', 'Choose a file or record your voice, then try again.'],
  ['unsupported_format', 'Choose a WAV, WebM, MP3, OGG, FLAC or M4A file.'],
  ['too_large', 'Choose a smaller file.'],
  ['too_long', 'Choose a shorter recording.'],
  ['too_short', 'Speak for a second or longer, then try again.'],
  ['decode_failed', 'The file may be damaged, or no audio. Try another one.'],
  ['baseline_too_short', 'Read the whole time, close to the microphone, then try again.'],
  ['bad_baseline', 'Learn your voice again.'],
  ['no_speech', 'Move closer to the microphone, say a sentence, and try again.'],
  ['unknown_model', 'The server no longer has this model. Reload the page and choose another.'],
  ['wrong_task', 'Choose another model.'],
  ['too_many_requests', 'Wait a moment, then try again.'],
  ['model_unavailable', 'The server has no model loaded yet. Try again in a minute.'],
]);

const titlesByStatus = new Map([
  [413, { code: 'too_large', title: 'Audio file too large' }],
  [429, { code: 'too_many_requests', title: 'Too many requests' }],
  [502, { code: 'server_away', title: 'The server cannot be reached' }],
  [503, { code: 'model_unavailable', title: 'Model not available' }],
  [504, { code: 'server_away', title: 'The server cannot be reached' }],
]);

export function malformedAnswerProblem(): Problem {
  return {
    code: 'malformed_answer',
    title: "The server's answer could not be read",
    remedy: 'The page and the server may have different versions. Reload the page and try again.',
  };
}

export function serverUnreachableProblem(): Problem {
  return {
    code: 'server_away',
    title: 'The server cannot be reached',
    remedy: 'Check your connection and that the server is running, then try again.',
  };
}

/** A Problem from the server's error body. */
export function serverProblem({ error, code, detail }: ErrorAnswer): Problem {
  return { code, title: error, remedy: detail ?? remedies.get(code) ?? TRY_AGAIN };
}

function describeAnswer(status: number, body: unknown): Problem {
  const answer = errorAnswerSchema.safeParse(body);
  if (answer.success) return serverProblem(answer.data);
  // A proxy in front of the server answers in its own format.
  const { code, title } = titlesByStatus.get(status) ?? {
    code: 'unreadable_error',
    title: `The server answered with status ${status}`,
  };
  return { code, title, remedy: remedies.get(code) ?? TRY_AGAIN };
}

/** Retry-After is seconds or a date (RFC 9110). */
function readRetryAfterS(header: unknown): number | undefined {
  if (typeof header !== 'string' || header === '') return undefined;
  const seconds = /^\d+$/.test(header) ? Number(header) : (Date.parse(header) - Date.now()) / 1000;
  return Number.isFinite(seconds) ? Math.min(LONGEST_RETRY_AFTER_S, Math.max(0, seconds)) : undefined;
}

function toAnswerProblem({ status, data, headers }: AxiosResponse<unknown>): Problem {
  const problem = describeAnswer(status, data);
  const retryAfterS = readRetryAfterS(headers['retry-after']);
  return retryAfterS === undefined ? problem : { ...problem, retryAfterS };
}

/** Turns a request error into a ProblemError; a cancelled request stays as it is. */
export function toApiError(error: unknown): unknown {
  if (isCancel(error) || !isAxiosError(error)) return error;
  const problem = error.response ? toAnswerProblem(error.response) : serverUnreachableProblem();
  return new ProblemError(problem, { cause: error });
}

/** A server may close the connection on a far too large file before it can answer. */
export function toLargeFileError(error: unknown, { size }: File): unknown {
  if (size <= USUAL_LARGEST_FILE_BYTES || toProblem(error).code !== 'server_away') return error;
  const problem: Problem = {
    code: 'too_large',
    title: 'Audio file too large',
    remedy: `The usual limit is ${formatSize(USUAL_LARGEST_FILE_BYTES)}. This file has ${formatSize(size)}.`,
  };
  return new ProblemError(problem, { cause: error });
}
