import { problemOf, type Problem } from '@/lib/problem';

const words: ReadonlyMap<string, Parameters<typeof problemOf>[1]> = new Map([
  ['baseline_too_short', 'learning_baseline_too_short'],
  ['decode_failed', 'learning_decode_failed'],
  ['unsupported_format', 'learning_unsupported_format'],
] as const);

/** Replaces the server's message for a baseline recording. */
export function toLearningProblem(problem: Problem): Problem {
  const own = words.get(problem.code);
  return own ? { ...problem, ...problemOf(problem.code, own) } : problem;
}
