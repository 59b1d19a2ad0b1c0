/** What went wrong and what to do, in words for the user. */
export interface Problem {
  code: string;
  title: string;
  remedy: string;
  /** The server's Retry-After. */
  retryAfterS?: number;
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
  return {
    code: 'unexpected',
    title: 'Something unexpected happened',
    remedy: 'Reload the page and try again.',
  };
}
