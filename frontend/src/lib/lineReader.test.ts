import { expect, it } from 'vitest';
import { createLineReader } from './lineReader';

function read(...texts: string[]): string[] {
  const take = createLineReader();
  return texts.flatMap((text) => take(text));
}

it.each<[string, string[], string[]]>([
  ['nothing', [''], []],
  ['a line that has only begun', ['{"a":'], []],
  ['a line, once it is whole', ['{"a":', '{"a":1}\n', '{"a":1}\n{'], ['{"a":1}']],
  ['several at once', ['1\n2\n3\n'], ['1', '2', '3']],
  ['each once', ['1\n', '1\n', '1\n2\n'], ['1', '2']],
  ['none that is empty', ['1\n\n\n2\n'], ['1', '2']],
])('returns %s', (_case, texts, lines) => {
  expect(read(...texts)).toEqual(lines);
});
