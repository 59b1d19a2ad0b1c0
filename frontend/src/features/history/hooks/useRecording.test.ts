import { act, renderHook } from '@testing-library/react';
import { beforeEach, expect, it, vi } from 'vitest';
import type { Session } from '@/features/session/lib/session';
import { happy, sad, sessionOf } from '@/test/fixtures';
import { writeSession } from '../lib/historyStore';
import { useRecording } from './useRecording';

vi.mock('../lib/historyStore', () => ({ writeSession: vi.fn() }));

const write = vi.mocked(writeSession);

function running(...predictions: Parameters<typeof sessionOf>): Session {
  const session = sessionOf(...predictions);
  return { ...session, run: session.run && { ...session.run, endedAtMs: null } };
}

function keptCounts() {
  return write.mock.calls.map(([record]) => record.results.length);
}

async function pass(timeMs: number) {
  await act(() => vi.advanceTimersByTimeAsync(timeMs));
}

function renderRecording(session: Session, sinceMs: number | null) {
  return renderHook((props: [Session, number | null]) => useRecording(...props), {
    initialProps: [session, sinceMs],
  });
}

beforeEach(() => {
  vi.useFakeTimers();
  write.mockReset().mockResolvedValue();
});

it('keeps nothing while it is off', async () => {
  const { rerender } = renderRecording(running(happy), null);
  rerender([running(happy, sad), null]);
  await pass(60_000);
  expect(write).not.toHaveBeenCalled();
});

it('keeps the session so far when it is turned on, then again while it goes on', async () => {
  const { rerender } = renderRecording(running(happy), null);
  rerender([running(happy), 0]);
  await pass(0);
  expect(keptCounts()).toEqual([1]);
  rerender([running(happy, sad), 0]);
  rerender([running(happy, sad, sad), 0]);
  await pass(9_000);
  expect(keptCounts()).toEqual([1]);
  await pass(1_000);
  expect(keptCounts()).toEqual([1, 3]);
});

it('keeps what came last when listening stops, and when the session is cleared', async () => {
  const { rerender } = renderRecording(running(happy), 0);
  await pass(0);
  rerender([sessionOf(happy, sad), 0]);
  await pass(0);
  expect(keptCounts()).toEqual([1, 2]);
  rerender([running(happy, sad, sad), 0]);
  rerender([running(), 0]);
  await pass(0);
  expect(keptCounts()).toEqual([1, 2, 3]);
  await pass(60_000);
  expect(keptCounts()).toEqual([1, 2, 3]);
});

it('keeps what came last before the page is left', async () => {
  const { rerender } = renderRecording(running(happy), 0);
  await pass(0);
  rerender([running(happy, sad), 0]);
  vi.spyOn(document, 'visibilityState', 'get').mockReturnValue('hidden');
  document.dispatchEvent(new Event('visibilitychange'));
  await pass(0);
  expect(keptCounts()).toEqual([1, 2]);
  vi.restoreAllMocks();
});

it('leaves out what was deleted', async () => {
  const session = running(happy, sad, sad);
  const { rerender } = renderRecording(session, 0);
  await pass(0);
  const deletedAtMs = session.results[1]?.endedAtMs ?? 0;
  rerender([session, deletedAtMs]);
  await pass(60_000);
  // Nothing comes back before there is something new.
  expect(keptCounts()).toEqual([3]);
  rerender([running(happy, sad, sad, happy), deletedAtMs]);
  await pass(0);
  expect(keptCounts()).toEqual([3, 2]);
});

it('says when the browser refuses, and when it keeps again', async () => {
  write.mockRejectedValueOnce(new DOMException('full', 'QuotaExceededError'));
  const { result, rerender } = renderRecording(running(happy), 0);
  await pass(0);
  expect(result.current).toBe(true);
  rerender([running(happy, sad), 0]);
  await pass(10_000);
  expect(result.current).toBe(false);
});
