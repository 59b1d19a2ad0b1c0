import { describe, expect, it } from 'vitest';
import { fakeStream, stubMediaRecorder } from '../../../test/fakeMedia';
import { chooseContainer, startMediaRecorder } from './mediaRecorderCapture';

const WEBM = 'audio/webm;codecs=opus';
const MP4 = 'audio/mp4';

describe('chooseContainer', () => {
  it.each([
    [[WEBM, MP4], 'recording.webm'],
    [[MP4], 'recording.m4a'],
    [['video/x-matroska'], undefined],
  ])('of %j takes %s', (supported, fileName) => {
    stubMediaRecorder(supported);
    expect(chooseContainer()?.fileName).toBe(fileName);
  });

  it('has none where there is no MediaRecorder', () => {
    expect(chooseContainer()).toBeUndefined();
  });
});

describe('startMediaRecorder', () => {
  const container = { mimeType: MP4, fileName: 'recording.m4a' };

  it('delivers what was recorded as a file of that container', async () => {
    stubMediaRecorder([MP4], new Blob(['12345']));
    const file = await startMediaRecorder(fakeStream().stream, container).finish();
    expect(file).toMatchObject({ name: 'recording.m4a', type: MP4, size: 5 });
  });

  it('refuses an empty recording', async () => {
    stubMediaRecorder([MP4], new Blob([]));
    const capture = startMediaRecorder(fakeStream().stream, container);
    await expect(capture.finish()).rejects.toThrow('no data');
  });

  it('may be released before and after it is finished', async () => {
    stubMediaRecorder([MP4]);
    const capture = startMediaRecorder(fakeStream().stream, container);
    await capture.release();
    await expect(capture.finish()).resolves.toBeInstanceOf(File);
    await capture.release();
  });
});
