import { useCallback, useEffect, useMemo, useRef, useState } from 'react';
import { isRunning, type Session } from '@/features/session/lib/session';
import { recordSince } from '@/features/session/lib/sessionRecord';
import { readSetting } from '../lib/historySetting';
import type { HistoryDatabase } from '../lib/historyStore';

/** While results come, a session is kept this often: all of it is written each time. */
const KEEP_EVERY_MS = 10_000;

/** A storage that was full may have room again. */
const TRY_AGAIN_MS = 30_000;

type Store = typeof import('../lib/historyStore');

export interface Recording {
  /** Under which the history has the session of this page; undefined where it has nothing of it. */
  keptKey: string | undefined;
  /** Grows with each time that it was kept. */
  keptCount: number;
  /** The browser's storage is full or blocked. */
  hasFailed: boolean;
}

const nothingKept: Recording = { keptKey: undefined, keptCount: 0, hasFailed: false };

/**
 * Keeps the session in the history while it goes on.
 *
 * @param sinceMs - Results from before stay out of it.
 */
export function useRecording(session: Session, isOn: boolean, sinceMs: number): Recording {
  const [recording, setRecording] = useState(nothingKept);
  // Two pages may begin at the same time.
  const [pageId] = useState(() => Math.random().toString(36).slice(2));
  const [open, setOpen] = useState<{ store: Store; database: HistoryDatabase }>();
  const kept = useRef<Session>(undefined);
  const keptAtMs = useRef(0);
  const keepPending = useRef<() => void>(undefined);

  const fail = useCallback(() => {
    setRecording((now) => ({ ...now, hasFailed: true }));
  }, []);

  // Before there is anything to keep: a page that is left has no time to load or open.
  useEffect(() => {
    if (!isOn || open) return undefined;
    let isGone = false;
    const openStore = async () => {
      const store = await import('../lib/historyStore');
      const database = await store.openHistory();
      database.addEventListener('close', () => {
        setOpen(undefined);
      });
      if (!isGone) setOpen({ store, database });
    };
    openStore().catch(fail);
    return () => {
      isGone = true;
    };
  }, [isOn, open, fail]);

  const key = useMemo(() => {
    const first = session.results.find(({ endedAtMs, prediction }) => prediction && endedAtMs > sinceMs);
    return first && `${first.endedAtMs}-${pageId}`;
  }, [session, sinceMs, pageId]);

  const isEmpty = session.results.length === 0;
  useEffect(() => {
    // What came last before a session was cleared.
    if (isEmpty) keepPending.current?.();
  }, [isEmpty]);

  useEffect(() => {
    keepPending.current = undefined;
    if (!isOn || !open || key === undefined || session === kept.current) return undefined;
    let isReplaced = false;
    let timer: ReturnType<typeof setTimeout>;
    const keepNow = () => {
      keepPending.current = undefined;
      clearTimeout(timer);
      // Another page may have turned it off, or deleted all, this moment.
      const setting = readSetting();
      if (!setting.isOn || setting.deletedAtMs > sinceMs) return;
      kept.current = session;
      const nowMs = (keptAtMs.current = Date.now());
      const failed = () => {
        kept.current = undefined;
        fail();
        if (isReplaced) return;
        timer = setTimeout(keepNow, TRY_AGAIN_MS);
      };
      try {
        const record = recordSince(session, sinceMs, nowMs);
        open.store.writeSession(open.database, key, record, nowMs).then(() => {
          setRecording(({ keptCount }) => ({ keptKey: key, keptCount: keptCount + 1, hasFailed: false }));
        }, failed);
      } catch {
        // The database was closed for a page of another version.
        setOpen(undefined);
        failed();
      }
    };
    keepPending.current = keepNow;
    const waitMs = isRunning(session) ? keptAtMs.current + KEEP_EVERY_MS - Date.now() : 0;
    timer = setTimeout(keepNow, Math.max(0, waitMs));
    return () => {
      isReplaced = true;
      clearTimeout(timer);
    };
  }, [session, key, isOn, sinceMs, open, fail]);

  useEffect(() => {
    // The page may be closed, or frozen, without another word.
    const keepBeforeLeaving = () => {
      if (document.visibilityState === 'hidden') keepPending.current?.();
    };
    document.addEventListener('visibilitychange', keepBeforeLeaving);
    return () => {
      document.removeEventListener('visibilitychange', keepBeforeLeaving);
    };
  }, []);

  return {
    ...recording,
    // What was kept may be the session before.
    keptKey: recording.keptKey === key ? key : undefined,
    hasFailed: recording.hasFailed && isOn,
  };
}
