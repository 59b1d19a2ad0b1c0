import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { stubAudioContext } from '@/test/fakeMedia';
import { keepRunning } from './keepRunning';

beforeEach(() => {
  vi.useFakeTimers();
});

afterEach(() => {
  vi.useRealTimers();
});

function watch() {
  const audio = stubAudioContext();
  const onStuck = vi.fn();
  const stop = keepRunning(new AudioContext(), onStuck);
  return { ...audio, onStuck, stop };
}

it('resumes what the system interrupts', () => {
  const { setState, resume, onStuck } = watch();
  expect(resume).not.toHaveBeenCalled();
  setState('interrupted');
  expect(resume).toHaveBeenCalledOnce();
  setState('running');
  vi.advanceTimersByTime(10_000);
  expect(onStuck).not.toHaveBeenCalled();
});

it('reports once when the context does not come back', async () => {
  const { setState, resume, onStuck } = watch();
  resume.mockRejectedValue(new DOMException('', 'InvalidStateError'));
  setState('interrupted');
  await vi.advanceTimersByTimeAsync(2999);
  expect(onStuck).not.toHaveBeenCalled();
  await vi.advanceTimersByTimeAsync(10_000);
  expect(onStuck).toHaveBeenCalledExactlyOnceWith(
    expect.objectContaining({
      problem: expect.objectContaining({ code: 'microphone_stalled' }) as unknown,
    }),
  );
});

it('is silent when it is called off', () => {
  const { setState, resume, onStuck, stop } = watch();
  setState('suspended');
  stop();
  setState('interrupted');
  vi.advanceTimersByTime(10_000);
  expect(resume).toHaveBeenCalledOnce();
  expect(onStuck).not.toHaveBeenCalled();
});
