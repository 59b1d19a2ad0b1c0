import { isAxiosError, isCancel, type AxiosResponse } from 'axios';
import { errorAnswerSchema, type ErrorAnswer } from './apiSchemas';
import { formatSize } from './format';
import { locale, t, translated, type MessageId } from './i18n';
import { ProblemError, problemOf, toProblem, type Problem } from './problem';

/** The server's default limit. */
const USUAL_LARGEST_FILE_BYTES = 500 * 1024 * 1024;

/** A longer Retry-After is cut to this. */
const LONGEST_RETRY_AFTER_S = 3600;

function remedyOf(code: string): string {
  return translated(`server.${code}.remedy`) ?? t('server.other.remedy');
}

const codesByStatus = new Map([
  [413, 'too_large'],
  [429, 'too_many_requests'],
  [502, 'server_away'],
  [503, 'model_unavailable'],
  [504, 'server_away'],
]);

export function malformedAnswerProblem(): Problem {
  return problemOf('malformed_answer', 'malformed_answer');
}

export function serverUnreachableProblem(): Problem {
  return problemOf('server_away', 'server_away');
}

/** A Problem from the server's error body, whose words are English. */
export function serverProblem({ error, code, detail }: ErrorAnswer): Problem {
  const known = translated(`server.${code}`);
  if (locale() !== 'en' && known) return { code, title: known, remedy: remedyOf(code) };
  return { code, title: error, remedy: detail ?? remedyOf(code) };
}

function describeAnswer(status: number, body: unknown): Problem {
  const answer = errorAnswerSchema.safeParse(body);
  if (answer.success) return serverProblem(answer.data);
  // A proxy in front of the server answers in its own format.
  const code = codesByStatus.get(status);
  if (code === 'server_away') return { ...serverUnreachableProblem(), remedy: remedyOf(code) };
  if (code) return { code, title: t(`server.${code}` as MessageId), remedy: remedyOf(code) };
  return {
    code: 'unreadable_error',
    title: t('server.other', { status }),
    remedy: t('server.other.remedy'),
  };
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
  const problem = problemOf('too_large', 'large_file', {
    limit: formatSize(USUAL_LARGEST_FILE_BYTES),
    size: formatSize(size),
  });
  return new ProblemError(problem, { cause: error });
}
