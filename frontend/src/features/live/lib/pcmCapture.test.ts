import { expect, it } from 'vitest';
import { fakeStream, stubAudioWorklet } from '../../../test/fakeMedia';
import { startPcmCapture } from './pcmCapture';

it('records a WAV file at the rate of the audio context, and closes the context', async () => {
  const { close } = stubAudioWorklet([new Float32Array(128), new Float32Array(128)], 44_100);
  const capture = await startPcmCapture(fakeStream().stream);
  const file = await capture.finish();
  expect(file).toMatchObject({ name: 'recording.wav', type: 'audio/wav', size: 44 + 2 * 256 });
  await capture.release();
  expect(close).toHaveBeenCalledOnce();
});

it('refuses an empty recording', async () => {
  stubAudioWorklet([]);
  const capture = await startPcmCapture(fakeStream().stream);
  await expect(capture.finish()).rejects.toThrow('no samples');
});

it('closes the context when the worklet cannot be loaded', async () => {
  const { addModule, close } = stubAudioWorklet([]);
  addModule.mockRejectedValue(new Error('404'));
  await expect(startPcmCapture(fakeStream().stream)).rejects.toThrow('404');
  expect(close).toHaveBeenCalledOnce();
});

it('says so where the browser has no AudioWorklet', async () => {
  await expect(startPcmCapture(fakeStream().stream)).rejects.toMatchObject({
    problem: { code: 'recording_unsupported' },
  });
});
