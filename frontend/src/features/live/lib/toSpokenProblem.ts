import type { Problem } from '../../../lib/problem';

const GOES_ON =
  'Listening goes on with the next one. If it stays so, use another browser or choose a file instead.';

/** Where the server's words are about files, and the person has none. */
const wordsByCode = new Map<string, Pick<Problem, 'title' | 'remedy'>>([
  ['too_large', { title: 'A piece of the recording was too large', remedy: GOES_ON }],
  ['too_long', { title: 'A piece of the recording was too long', remedy: GOES_ON }],
  ['decode_failed', { title: 'A piece of the recording could not be read', remedy: GOES_ON }],
  [
    'unsupported_format',
    {
      title: 'The server cannot read what this browser records',
      remedy: 'Stop listening, then use another browser or choose a file instead.',
    },
  ],
]);

export function toSpokenProblem(problem: Problem): Problem {
  return { ...problem, ...wordsByCode.get(problem.code) };
}
