import { problemOf, type Problem } from '@/lib/problem';

/** The server's messages speak of files; these replace them for live audio. */
const chunkWords = new Map([
  ['too_large', 'chunk_too_large'],
  ['too_long', 'chunk_too_long'],
  ['decode_failed', 'chunk_decode_failed'],
  ['unsupported_format', 'chunk_unsupported_format'],
] as const);

/** Shown while a new stream is opened. */
const streamWords = new Map([
  ['busy', 'stream_busy'],
  ['too_fast', 'stream_too_fast'],
  ['too_long', 'stream_too_long'],
  ['idle_timeout', 'stream_idle_timeout'],
  ['bad_frame', 'stream_bad_frame'],
] as const);

type Words = Parameters<typeof problemOf>[1];

function reworded(problem: Problem, words: ReadonlyMap<string, Words>): Problem {
  const own = words.get(problem.code);
  return own ? { ...problem, ...problemOf(problem.code, own) } : problem;
}

export function toChunkProblem(problem: Problem): Problem {
  return reworded(problem, chunkWords);
}

/** Replaces the server's message for a stream. */
export function toStreamProblem(problem: Problem): Problem {
  return reworded(problem, streamWords);
}
