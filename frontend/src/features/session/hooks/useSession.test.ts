import { act, renderHook } from '@testing-library/react';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import type { Prediction } from '@/lib/apiSchemas';
import { happy } from '@/test/fixtures';
import { useSession } from './useSession';

beforeEach(() => {
  vi.useFakeTimers();
});

afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
  localStorage.clear();
});

function visit() {
  const view = renderHook(() => useSession());
  const emit = (prediction: Prediction = happy) => {
    const chunk = { startS: 0, endS: 3, endedAtMs: Date.now(), model: undefined };
    act(() => {
      view.result.current.dispatch({ type: 'started', atMs: Date.now() });
      view.result.current.dispatch({ type: 'result', chunk, prediction });
    });
    act(() => {
      vi.runAllTimers();
    });
  };
  const keep = (isKept: boolean) => {
    act(() => {
      view.result.current.keep(isKept);
    });
    act(() => {
      vi.runAllTimers();
    });
  };
  return { ...view, emit, keep };
}

it('keeps nothing unless it is asked to', () => {
  const { emit } = visit();
  emit();
  expect(localStorage).toHaveLength(0);
  expect(visit().result.current.session.results).toEqual([]);
});

it('survives a reload when it is asked to, and goes on from there', () => {
  const first = visit();
  first.keep(true);
  first.emit();
  first.unmount();

  const second = visit();
  expect(second.result.current.isKept).toBe(true);
  expect(second.result.current.session.results).toHaveLength(1);
  second.emit();
  expect(second.result.current.session.results[1]).toMatchObject({ id: 2, startS: 3 });
});

it('restores the intensity of a result', () => {
  const first = visit();
  first.keep(true);
  first.emit({ ...happy, intensity: 41.3 });
  first.unmount();
  expect(visit().result.current.session.results[0]?.prediction?.intensity).toBe(41.3);
});

it('forgets what it kept when it is switched off', () => {
  const first = visit();
  first.keep(true);
  first.emit();
  first.keep(false);
  first.unmount();
  expect(visit().result.current.session.results).toEqual([]);
});

it('removes a session left behind by a visit that was not to be kept', () => {
  const first = visit();
  first.keep(true);
  first.emit();
  first.unmount();
  localStorage.setItem('ser.keepSession', 'false');
  expect(visit().result.current.session.results).toEqual([]);
  expect(localStorage.getItem('ser.session')).toBeNull();
});

it('writes nothing after another tab switched it off', () => {
  const { keep, emit } = visit();
  keep(true);
  localStorage.setItem('ser.keepSession', 'false');
  localStorage.removeItem('ser.session');
  emit();
  expect(localStorage.getItem('ser.session')).toBeNull();
});

it.each(['ser.keepSession', null])('follows another tab that switches it off (%s)', (key) => {
  const { result, keep, emit } = visit();
  keep(true);
  emit();
  if (key === null) localStorage.clear();
  else localStorage.setItem(key, 'false');
  act(() => {
    window.dispatchEvent(new StorageEvent('storage', { key }));
  });
  expect(result.current.isKept).toBe(false);
  expect(localStorage.getItem('ser.session')).toBeNull();
});

it('restores a session that an older version stored', () => {
  const first = visit();
  first.keep(true);
  first.emit();
  first.unmount();
  const stored = localStorage.getItem('ser.session') ?? '';
  localStorage.setItem('ser.session', stored.replace('"results":', '"heard":'));
  expect(visit().result.current.session.results).toHaveLength(1);
});

it.each(['results', 'heard'])('ignores an unreadable session (%s)', (field) => {
  localStorage.setItem('ser.keepSession', 'true');
  localStorage.setItem('ser.session', `{"${field}":[{"emotion":"Happy"}]}`);
  expect(visit().result.current.session.results).toEqual([]);
});

it('ignores a time that no clock can show', () => {
  const first = visit();
  first.keep(true);
  first.emit();
  first.unmount();
  const stored = localStorage.getItem('ser.session') ?? '';
  localStorage.setItem('ser.session', stored.replace(/"endedAtMs":\d+/, '"endedAtMs":1e16'));
  expect(visit().result.current.session.results).toEqual([]);
});

it('reports when the browser has no room', () => {
  const { result, keep, emit } = visit();
  keep(true);
  vi.spyOn(Storage.prototype, 'setItem').mockImplementation(() => {
    throw new DOMException('', 'QuotaExceededError');
  });
  emit();
  expect(result.current.cannotKeep).toBe(true);
});
