import { expect, it, vi } from 'vitest';
import { fakeStream, stubAudioContext } from '@/test/fakeMedia';
import { tapPcmAt } from './pcmTap';

function tap() {
  const take = vi.fn();
  const receive = vi.fn(() => take);
  const tapped = tapPcmAt(16_000, fakeStream().stream, { receive, onFailure: vi.fn() });
  return { tapped, receive, take };
}

it('delivers samples at the requested rate', async () => {
  const { play } = stubAudioContext(48_000);
  const { tapped, receive, take } = tap();
  const { sampleRateHz, stop } = await tapped;
  expect(sampleRateHz).toBe(16_000);
  expect(receive).toHaveBeenCalledExactlyOnceWith(16_000);
  const block = new Float32Array(128);
  play(block);
  expect(take).toHaveBeenCalledExactlyOnceWith(block);
  stop();
  play(block);
  expect(take).toHaveBeenCalledOnce();
});

it('takes the rate of the system where the browser knows no other, and closes what it tried', async () => {
  const { close } = stubAudioContext(44_100, { isFixed: true });
  const { tapped, receive } = tap();
  expect((await tapped).sampleRateHz).toBe(44_100);
  expect(receive).toHaveBeenCalledExactlyOnceWith(44_100);
  expect(close).toHaveBeenCalledOnce();
});
