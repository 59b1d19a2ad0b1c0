import type { Problem } from '@/lib/problem';

const learningTexts = new Map<string, Pick<Problem, 'title' | 'remedy'>>([
  [
    'baseline_too_short',
    {
      title: 'Too little speech was found',
      remedy: 'Read close to the microphone and without long pauses until the ring is full.',
    },
  ],
  [
    'decode_failed',
    {
      title: 'The recording could not be decoded',
      remedy: 'Try again. If it happens again, use another browser.',
    },
  ],
  [
    'unsupported_format',
    {
      title: 'The server cannot decode what this browser records',
      remedy: 'Use another browser.',
    },
  ],
]);

/** Replaces the server's message for a baseline recording. */
export function toLearningProblem(problem: Problem): Problem {
  return { ...problem, ...learningTexts.get(problem.code) };
}
