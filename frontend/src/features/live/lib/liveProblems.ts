import type { Problem } from '@/lib/problem';

const GOES_ON =
  'Recording goes on. If it happens again, use another browser or upload a file.';

type TextsByCode = Map<string, Pick<Problem, 'title' | 'remedy'>>;

/** The server's messages speak of files; these replace them for live audio. */
const chunkTexts: TextsByCode = new Map([
  ['too_large', { title: 'A chunk of the recording was too large', remedy: GOES_ON }],
  ['too_long', { title: 'A chunk of the recording was too long', remedy: GOES_ON }],
  ['decode_failed', { title: 'A chunk of the recording could not be decoded', remedy: GOES_ON }],
  [
    'unsupported_format',
    {
      title: 'The server cannot decode what this browser records',
      remedy: 'Stop listening, then use another browser or upload a file.',
    },
  ],
]);

/** Shown while a new stream is opened. */
const streamTexts: TextsByCode = new Map([
  ['busy', { title: 'The server has no free stream', remedy: 'Turn streaming off, or wait.' }],
  ['too_fast', { title: 'Audio was sent too fast', remedy: 'A new stream is opened.' }],
  ['too_long', { title: 'The stream reached its maximum length', remedy: 'A new stream is opened.' }],
  ['idle_timeout', { title: 'The server received no audio', remedy: 'A new stream is opened.' }],
  [
    'bad_frame',
    { title: 'A chunk of the recording could not be decoded', remedy: 'Recording goes on.' },
  ],
]);

export function toChunkProblem(problem: Problem): Problem {
  return { ...problem, ...chunkTexts.get(problem.code) };
}

/** Replaces the server's message for a stream. */
export function toStreamProblem(problem: Problem): Problem {
  return { ...problem, ...streamTexts.get(problem.code) };
}
