import { expect, it } from 'vitest';
import { LiveClips } from './liveClips';

const file = (name: string) => new File(['voice'], name);

it('has the recording of a result until it is cleared', () => {
  const clips = new LiveClips();
  clips.keep(1000, file('first'));
  clips.keep(4000, file('second'));
  expect(clips.at(1000)?.name).toBe('first');
  expect(clips.at(4000)?.name).toBe('second');
  expect(clips.at(2000)).toBeUndefined();
  clips.clear();
  expect(clips.at(1000)).toBeUndefined();
});

it('keeps the last ones only', () => {
  const clips = new LiveClips();
  for (let i = 0; i < 201; i++) clips.keep(i, file(String(i)));
  expect(clips.at(0)).toBeUndefined();
  expect(clips.at(1)?.name).toBe('1');
  expect(clips.at(200)?.name).toBe('200');
});
