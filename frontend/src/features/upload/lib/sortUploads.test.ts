import { expect, it } from 'vitest';
import { audioFile, happyTimeline, silentTimeline, twoPartTimeline } from '@/test/fixtures';
import { sortUploads, type SortOrder } from './sortUploads';
import { newUpload, type UploadState } from './uploads';

const problem = { code: 'too_short', title: 'Too short', remedy: 'Speak longer.' };

function upload(name: string, state: UploadState) {
  return { ...newUpload(audioFile(name)), state };
}

const uploads = [
  upload('b10', { phase: 'done', timeline: { ...happyTimeline, emotion: 'Sad' }, asked: {} }),
  upload('b9', { phase: 'done', timeline: twoPartTimeline, asked: {} }),
  upload('a', { phase: 'no_speech', timeline: silentTimeline }),
  upload('c', { phase: 'failed', problem }),
];

it.each<[SortOrder, string[]]>([
  ['added', ['b10', 'b9', 'a', 'c']],
  ['name', ['a', 'b9', 'b10', 'c']],
  ['length', ['a', 'b9', 'b10', 'c']],
  ['emotion', ['b9', 'b10', 'a', 'c']],
  ['state', ['c', 'a', 'b10', 'b9']],
])('sorts by %s', (order, names) => {
  expect(sortUploads(uploads, order).map(({ file }) => file.name)).toEqual(names);
});
