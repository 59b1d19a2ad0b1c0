import { expect, it, vi } from 'vitest';
import { fakeStream, stubMediaDevices } from '@/test/fakeMedia';
import { openMicrophone } from './microphone';

it.each([
  [false, 'insecure_page'],
  [true, 'recording_unsupported'],
])('without mediaDevices on a page whose security is %s says %s', async (isSecure, code) => {
  stubMediaDevices(undefined);
  vi.stubGlobal('isSecureContext', isSecure);
  await expect(openMicrophone({ voiceProcessing: false, deviceId: '' })).rejects.toMatchObject({
    problem: { code },
  });
});

it.each([false, true])('opens one channel with voice processing %s', async (voiceProcessing) => {
  const getUserMedia = vi.fn(() => Promise.resolve(fakeStream().stream));
  stubMediaDevices(getUserMedia);
  await openMicrophone({ voiceProcessing, deviceId: '' });
  expect(getUserMedia).toHaveBeenCalledExactlyOnceWith({
    audio: {
      channelCount: 1,
      echoCancellation: voiceProcessing,
      noiseSuppression: voiceProcessing,
      autoGainControl: voiceProcessing,
    },
  });
});
