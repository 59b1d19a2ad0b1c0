import { act, renderHook, waitFor } from '@testing-library/react';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { apiService } from '../apiService';
import type { Device, DeviceOptions } from './openDevice';
import { ProblemError } from '../problem';
import { audioFile, happy, model, otherModel } from '@/test/fixtures';
import { useDevice } from './useDevice';

interface Opening extends DeviceOptions {
  model: string;
  open: (device: Device) => void;
  fail: (error: Error) => void;
}

const openings = vi.hoisted((): Opening[] => []);

vi.mock('./openDevice', () => ({
  openDevice: (name: string, options: DeviceOptions) =>
    new Promise<Device>((open, fail) => {
      openings.push({ ...options, model: name, open, fail });
    }),
}));

function device(): Device {
  return {
    predict: vi.fn(() => Promise.resolve(happy)),
    baseline: vi.fn(),
    analyze: vi.fn(),
    openStream: vi.fn(),
    keep: vi.fn(() => Promise.resolve(false)),
    close: vi.fn(),
  };
}

const nothingElse = () => Promise.resolve();

function opening(i = 0): Opening {
  const found = openings.at(i);
  if (!found) throw new Error('Nothing was opened.');
  return found;
}

/** Its program is loaded first. */
async function wasOpened(count = 1): Promise<void> {
  await vi.waitFor(() => {
    expect(openings).toHaveLength(count);
  });
}

beforeEach(() => {
  openings.length = 0;
});

afterEach(() => {
  localStorage.clear();
});

async function turnedOn() {
  const hook = renderHook(({ shown }) => useDevice(shown, nothingElse), { initialProps: { shown: model } });
  act(() => {
    hook.result.current.turn(true);
  });
  await wasOpened();
  return hook;
}

it('leaves everything to the server until it is turned on', () => {
  const { result } = renderHook(() => useDevice(model, nothingElse));
  expect(result.current).toMatchObject({ isOn: false, state: { phase: 'off' }, service: apiService });
  expect(openings).toHaveLength(0);
});

it('loads the model, shows how far it is, and answers with it', async () => {
  const { result } = await turnedOn();
  expect(opening().model).toBe(model.name);
  expect(result.current.state).toEqual({ phase: 'loading', loaded: 0, total: undefined });
  act(() => {
    opening().onProgress(3, 9);
  });
  expect(result.current.state).toEqual({ phase: 'loading', loaded: 3, total: 9 });
  const ready = device();
  act(() => {
    opening().open(ready);
  });
  await waitFor(() => {
    expect(result.current.state).toEqual({ phase: 'ready', isKept: false });
  });
  expect(result.current.service).toBe(ready);
  expect(localStorage.getItem('ser.onDevice')).toBe('true');
});

it('never falls back to the server by itself', async () => {
  const predict = vi.spyOn(apiService, 'predict');
  const { result } = await turnedOn();
  const { signal } = new AbortController();
  await expect(result.current.service.predict(audioFile(), { signal })).rejects.toThrow('This device is not ready');
  const problem = { code: 'device_failed', title: 'No', remedy: 'Use the server.' };
  act(() => {
    opening().fail(new ProblemError(problem));
  });
  await waitFor(() => {
    expect(result.current.state).toEqual({ phase: 'failed', problem });
  });
  await expect(result.current.service.predict(audioFile(), { signal })).rejects.toThrow('This device is not ready');
  expect(predict).not.toHaveBeenCalled();
});

it('frees the model when another is chosen, and when it is turned off', async () => {
  const { result, rerender } = await turnedOn();
  const [first, second] = [device(), device()];
  act(() => {
    opening(0).open(first);
  });
  await waitFor(() => {
    expect(result.current.service).toBe(first);
  });
  rerender({ shown: otherModel });
  // What opened it frees it.
  expect(opening(0).signal.aborted).toBe(true);
  expect(result.current.state.phase).toBe('loading');
  await wasOpened(2);
  expect(opening(1).model).toBe(otherModel.name);
  act(() => {
    result.current.turn(false);
  });
  expect(opening(1).signal.aborted).toBe(true);
  act(() => {
    opening(1).open(second);
  });
  expect(result.current).toMatchObject({ state: { phase: 'off' }, service: apiService });
});

it('says so when an open model answers no longer, and loads it again', async () => {
  const { result } = await turnedOn();
  act(() => {
    opening(0).open(device());
  });
  await waitFor(() => {
    expect(result.current.state.phase).toBe('ready');
  });
  const problem = { code: 'device_failed', title: 'Gone', remedy: '' };
  act(() => {
    opening(0).onFailure(new ProblemError(problem));
  });
  expect(result.current.state).toEqual({ phase: 'failed', problem });
  const { signal } = new AbortController();
  await expect(result.current.service.predict(audioFile(), { signal })).rejects.toThrow('not ready');
  act(() => {
    result.current.retry();
  });
  expect(result.current.state.phase).toBe('loading');
  await wasOpened(2);
  act(() => {
    opening(1).fail(new ProblemError(problem));
  });
  await waitFor(() => {
    expect(result.current.state.phase).toBe('failed');
  });
  // As soon as there is a network again, too.
  act(() => {
    window.dispatchEvent(new Event('online'));
  });
  await wasOpened(3);
});

it('opens nothing that was turned off before its program was there', async () => {
  const { result } = renderHook(() => useDevice(model, nothingElse));
  act(() => {
    result.current.turn(true);
  });
  act(() => {
    result.current.turn(false);
  });
  await act(() => new Promise((resolve) => setTimeout(resolve, 20)));
  expect(openings).toHaveLength(0);
  expect(result.current.state.phase).toBe('off');
});

it('says when it is kept for visits without a network', async () => {
  const { result } = await turnedOn();
  const kept = device();
  vi.mocked(kept.keep).mockResolvedValue(true);
  act(() => {
    opening().open(kept);
  });
  await waitFor(() => {
    expect(result.current.state).toEqual({ phase: 'ready', isKept: true });
  });
});
