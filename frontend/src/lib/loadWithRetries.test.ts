import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { loadWithRetries } from './loadWithRetries';

const lost = new TypeError('Failed to fetch dynamically imported module');

beforeEach(() => {
  vi.useFakeTimers();
});

afterEach(() => {
  vi.useRealTimers();
});

it('loads again twice, after longer pauses', async () => {
  const load = vi.fn<() => Promise<string>>().mockRejectedValueOnce(lost).mockRejectedValueOnce(lost);
  load.mockResolvedValue('view');
  const loaded = loadWithRetries(load);
  await vi.advanceTimersByTimeAsync(999);
  expect(load).toHaveBeenCalledTimes(1);
  await vi.advanceTimersByTimeAsync(1);
  expect(load).toHaveBeenCalledTimes(2);
  await vi.advanceTimersByTimeAsync(3000);
  await expect(loaded).resolves.toBe('view');
  expect(load).toHaveBeenCalledTimes(3);
});

it('loads once what comes at once, and gives up after three times', async () => {
  const load = vi.fn(() => Promise.resolve('view'));
  await expect(loadWithRetries(load)).resolves.toBe('view');
  expect(load).toHaveBeenCalledTimes(1);
  const fails = vi.fn(() => Promise.reject<string>(lost));
  const loaded = loadWithRetries(fails).catch((error: unknown) => error);
  await vi.advanceTimersByTimeAsync(4000);
  await expect(loaded).resolves.toBe(lost);
  expect(fails).toHaveBeenCalledTimes(3);
});
