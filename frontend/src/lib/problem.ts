/** What went wrong and what to do, in words for the user. */
export interface Problem {
  code: string;
  title: string;
  remedy: string;
  /** The server's Retry-After. */
  retryAfterS?: number;
}

/** Of a clip that was recorded for another model, or for the server, or not for it. */
export const changedProblem: Problem = {
  code: 'changed',
  title: 'The model was changed meanwhile',
  remedy: 'The next result comes in a moment.',
};

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
  return {
    code: 'unexpected',
    title: 'Something unexpected happened',
    remedy: 'Reload the page and try again.',
  };
}
