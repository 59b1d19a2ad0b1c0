import { expect, it } from 'vitest';
import { toChunkProblem } from './liveProblems';

const ofFile = { title: 'Audio file', remedy: 'Choose a file of at most 10 MB.' };

it.each(['too_large', 'too_long', 'decode_failed', 'unsupported_format'])(
  'asks nobody who speaks for another file after %s',
  (code) => {
    const { title, remedy } = toChunkProblem({ code, ...ofFile });
    expect(title).not.toContain('file');
    expect(remedy).toContain('use another browser');
  },
);

it('leaves the words that fit', () => {
  const problem = { code: 'too_short', title: 'Audio too short', remedy: 'Speak longer.' };
  expect(toChunkProblem(problem)).toEqual(problem);
});
