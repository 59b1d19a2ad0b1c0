import type { Problem } from '../../../lib/problem';

const GOES_ON =
  'Listening goes on with the next one. If it stays so, use another browser or choose a file instead.';

type WordsByCode = Map<string, Pick<Problem, 'title' | 'remedy'>>;

/** Where the server's words are about files, and the person has none. */
const chunkWords: WordsByCode = new Map([
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

const readingWords: WordsByCode = new Map([
  [
    'baseline_too_short',
    {
      title: 'Too little speech was heard',
      remedy: 'Read without long pauses until the ring is full, close to the microphone.',
    },
  ],
  [
    'decode_failed',
    {
      title: 'The recording could not be read',
      remedy: 'Try again. If it stays so, use another browser.',
    },
  ],
  [
    'unsupported_format',
    {
      title: 'The server cannot read what this browser records',
      remedy: 'Use another browser.',
    },
  ],
]);

/** What is said while the stream is opened anew. */
const streamWords: WordsByCode = new Map([
  ['busy', { title: 'The server has no stream free', remedy: 'Turn streaming off, or wait.' }],
  ['too_fast', { title: 'The sound came too fast', remedy: 'A new stream is opened.' }],
  ['too_long', { title: 'The stream was as long as it may be', remedy: 'A new one is opened.' }],
  ['idle_timeout', { title: 'The server heard nothing for long', remedy: 'A new stream is opened.' }],
  [
    'bad_frame',
    { title: 'A piece of the recording could not be read', remedy: 'Listening goes on.' },
  ],
]);

export function toSpokenProblem(problem: Problem): Problem {
  return { ...problem, ...chunkWords.get(problem.code) };
}

/** Of a voice that was to be learned. */
export function toReadingProblem(problem: Problem): Problem {
  return { ...problem, ...readingWords.get(problem.code) };
}

/** Of a voice that is streamed. */
export function toStreamProblem(problem: Problem): Problem {
  return { ...problem, ...streamWords.get(problem.code) };
}
