import 'fake-indexeddb/auto';
import { act, renderHook, waitFor } from '@testing-library/react';
import { afterEach, expect, it, vi } from 'vitest';
import type { Session } from '@/features/session/lib/session';
import { happy, sad, sessionOf } from '@/test/fixtures';
import { HISTORY_KEY, writeSetting } from '../lib/historySetting';
import * as store from '../lib/historyStore';
import { useHistory } from './useHistory';

const empty = sessionOf();

/** A session whose results came in this page, which was opened before. */
function said(...predictions: Parameters<typeof sessionOf>): Session {
  const session = sessionOf(...predictions);
  const results = session.results.map((result, i) => ({ ...result, endedAtMs: openedAtMs + 1000 * (i + 1) }));
  return { ...session, results, run: { startedAtMs: openedAtMs, offsetS: 0, endedAtMs: openedAtMs + 60_000 } };
}

function running(session: Session): Session {
  return { ...session, run: session.run && { ...session.run, endedAtMs: null } };
}

let openedAtMs = 0;

function renderPage(session = empty) {
  openedAtMs = Date.now();
  return renderHook((props: { session: Session }) => useHistory(props.session), { initialProps: { session } });
}

async function counts() {
  return (await store.readEntries()).map(({ resultCount }) => resultCount);
}

async function expectKept(...expected: number[]) {
  await waitFor(async () => {
    expect(await counts()).toEqual(expected);
  });
}

function inAnotherPage(setting: Parameters<typeof writeSetting>[0]) {
  act(() => {
    writeSetting(setting);
    window.dispatchEvent(new StorageEvent('storage', { key: HISTORY_KEY }));
  });
}

/** Whatever is still on its way. */
async function settle() {
  await act(() => new Promise((resolve) => setTimeout(resolve)));
  await act(() => new Promise((resolve) => setTimeout(resolve)));
}

afterEach(async () => {
  vi.restoreAllMocks();
  await store.removeAllSessions();
});

it('keeps nothing while it is off', async () => {
  const { result, rerender } = renderPage();
  rerender({ session: said(happy, sad) });
  await settle();
  expect(result.current).toMatchObject({ isOn: false, keptKey: undefined });
  expect(await counts()).toEqual([]);
});

it('keeps the session so far when it is turned on, and then what follows', async () => {
  const { result, rerender } = renderPage();
  rerender({ session: said(happy) });
  act(() => {
    result.current.turn(true);
  });
  await expectKept(1);
  rerender({ session: said(happy, sad) });
  await expectKept(2);
  expect(result.current.keptKey).toBeDefined();
});

it('keeps nothing that an earlier page restored: that page kept it, if it was to be kept', async () => {
  writeSetting({ isOn: true, deletedAtMs: 0 });
  const { rerender } = renderPage(sessionOf(happy, happy));
  const restored = sessionOf(happy, happy).results;
  const session = said(sad);
  rerender({ session: { ...session, results: [...restored, ...session.results] } });
  await expectKept(1);
});

it('begins anew with the session after one that was cleared', async () => {
  writeSetting({ isOn: true, deletedAtMs: 0 });
  const { result, rerender } = renderPage();
  rerender({ session: said(happy) });
  await expectKept(1);
  rerender({ session: empty });
  expect(result.current.keptKey).toBeUndefined();
  openedAtMs += 10_000;
  rerender({ session: said(sad, sad) });
  await waitFor(async () => {
    expect((await counts()).sort()).toEqual([1, 2]);
  });
});

it('keeps what came last before a session is cleared, and before the page is left', async () => {
  writeSetting({ isOn: true, deletedAtMs: 0 });
  const { rerender } = renderPage();
  rerender({ session: running(said(happy)) });
  await expectKept(1);
  // The next time would be in ten seconds.
  rerender({ session: running(said(happy, sad)) });
  vi.spyOn(document, 'visibilityState', 'get').mockReturnValue('hidden');
  act(() => {
    document.dispatchEvent(new Event('visibilitychange'));
  });
  await expectKept(2);
  rerender({ session: running(said(happy, sad, sad)) });
  rerender({ session: empty });
  await expectKept(3);
});

it('follows another page that turns it off, or deletes all', async () => {
  writeSetting({ isOn: true, deletedAtMs: 0 });
  const { result, rerender } = renderPage();
  rerender({ session: said(happy) });
  await expectKept(1);
  await store.removeAllSessions();
  inAnotherPage({ isOn: true, deletedAtMs: openedAtMs });
  inAnotherPage({ isOn: false, deletedAtMs: openedAtMs });
  rerender({ session: said(happy, sad) });
  await settle();
  expect(result.current.isOn).toBe(false);
  expect(await counts()).toEqual([]);
});

it('brings nothing back that was deleted, also when it was off meanwhile', async () => {
  const { result, rerender } = renderPage();
  act(() => {
    result.current.turn(true);
  });
  rerender({ session: said(happy) });
  await expectKept(1);
  act(() => {
    result.current.turn(false);
  });
  // The clock must go on: what is said now comes after it.
  const spoken = said(happy);
  vi.spyOn(Date, 'now').mockReturnValue(openedAtMs + 5_000);
  act(() => {
    result.current.forgetAll();
  });
  await store.removeAllSessions();
  act(() => {
    result.current.turn(true);
  });
  rerender({ session: { ...spoken } });
  await settle();
  expect(await counts()).toEqual([]);
  const later = { ...said(sad).results[0], endedAtMs: openedAtMs + 9_000 };
  rerender({ session: { ...spoken, results: [...spoken.results, later as Session['results'][number]] } });
  await expectKept(1);
});

it('says when the browser refuses, and tries again', async () => {
  const { result, rerender } = renderPage();
  const write = vi.spyOn(IDBObjectStore.prototype, 'put').mockImplementation(() => {
    throw new DOMException('full', 'QuotaExceededError');
  });
  act(() => {
    result.current.turn(true);
  });
  rerender({ session: said(happy) });
  await waitFor(() => {
    expect(result.current.hasFailed).toBe(true);
  });
  write.mockRestore();
  rerender({ session: said(happy, sad) });
  await expectKept(2);
  expect(result.current.hasFailed).toBe(false);
});
