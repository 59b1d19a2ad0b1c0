import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { fakeStream, stubAudioContext } from '@/test/fakeMedia';
import { monitorLevel } from './levelMonitor';

beforeEach(() => {
  vi.useFakeTimers();
});

afterEach(() => {
  vi.useRealTimers();
});

it('reports the peak twenty times a second, to whoever listens, until it is closed', () => {
  const { setLevel, close } = stubAudioContext();
  setLevel(0.25);
  const monitor = monitorLevel(fakeStream().stream);
  const listener = vi.fn();
  const unsubscribe = monitor.subscribe(listener);
  vi.advanceTimersByTime(1000);
  expect(listener).toHaveBeenCalledTimes(20);
  expect(listener).toHaveBeenLastCalledWith(0.25);

  unsubscribe();
  vi.advanceTimersByTime(1000);
  expect(listener).toHaveBeenCalledTimes(20);

  monitor.close();
  expect(close).toHaveBeenCalledOnce();
  expect(vi.getTimerCount()).toBe(0);
});
