import { expect, it, vi } from 'vitest';
import { stubMediaRecorder } from '@/test/fakeMedia';
import { chooseContainer } from './container';

const WEBM = 'audio/webm;codecs=opus';
const MP4 = 'audio/mp4';

it.each([
  [[WEBM, MP4], 'recording.webm'],
  [[MP4], 'recording.m4a'],
  [['video/x-matroska'], undefined],
])('of %j takes %s', (supported, fileName) => {
  stubMediaRecorder(supported);
  expect(chooseContainer()?.fileName).toBe(fileName);
});

it('has none where MediaRecorder does not tell what it supports', () => {
  vi.stubGlobal('MediaRecorder', vi.fn());
  expect(chooseContainer()).toBeUndefined();
});

it('has none where there is no MediaRecorder', () => {
  expect(chooseContainer()).toBeUndefined();
});
