import { expect, it, vi } from 'vitest';
import { stubMediaDevices } from '../../../test/fakeMedia';
import { openMicrophone } from './microphone';

it.each([
  [false, 'insecure_page'],
  [true, 'recording_unsupported'],
])('without mediaDevices on a page whose security is %s says %s', async (isSecure, code) => {
  stubMediaDevices(undefined);
  vi.stubGlobal('isSecureContext', isSecure);
  await expect(openMicrophone()).rejects.toMatchObject({ problem: { code } });
});
