import { t, type MessageId } from './i18n';

/** What went wrong and what to do, in words for the user. */
export interface Problem {
  code: string;
  title: string;
  remedy: string;
  /** The server's Retry-After. */
  retryAfterS?: number;
}

type ProblemWords = {
  [Id in MessageId]: Id extends `problem.${infer Words}.remedy` ? Words : never;
}[MessageId];

/** A problem with the words of `problem.<words>`, in the language shown when they are read. */
export function problemOf(
  code: string,
  words: ProblemWords,
  values?: Record<string, string | number>,
): Problem {
  return {
    code,
    get title() {
      return t(`problem.${words}`, values);
    },
    get remedy() {
      return t(`problem.${words}.remedy`, values);
    },
  };
}

export class ProblemError extends Error {
  readonly problem: Problem;

  constructor(problem: Problem, options?: ErrorOptions) {
    super(problem.title, options);
    this.name = 'ProblemError';
    this.problem = problem;
  }
}

export function toProblem(error: unknown): Problem {
  if (error instanceof ProblemError) return error.problem;
  return problemOf('unexpected', 'unexpected');
}

const temporaryCodes = new Set(['server_away', 'model_unavailable', 'too_many_requests', 'busy']);

/** A problem of the server, not of the clip: the same clip can be sent again. */
export function isTemporary({ code }: Problem): boolean {
  return temporaryCodes.has(code);
}
