import { useCallback, useEffect, useMemo, useRef, useState } from 'react';
import { openSession } from '@/features/session/lib/sessionDocument';
import type { SessionRecord } from '@/features/session/lib/sessionRecord';
import { problemOf, ProblemError, type Problem } from '@/lib/problem';
import { entryOf, type HistoryEntry } from '../lib/entry';

/** A session in the list. */
export interface ListedSession {
  /** As the address has it. */
  key: string;
  entry: HistoryEntry;
  /** The one that goes on in Live, one that was opened from a file, or one that this browser keeps. */
  kind: 'live' | 'file' | 'kept';
  /** Of a file. */
  name?: string;
  read: () => Promise<SessionRecord>;
}

export interface SessionsControl {
  /** Undefined until the browser's storage has been read. */
  sessions: ListedSession[] | undefined;
  /** When the storage was read. */
  readAtMs: number;
  problem: Problem | undefined;
  /** Opens exported sessions; resolves to the key of the last one. */
  openFiles: (files: File[]) => Promise<string | undefined>;
  remove: (session: ListedSession) => Promise<void>;
  removeAll: () => Promise<void>;
}

const loadStore = () => import('../lib/historyStore');

/** A session that the page holds; undefined where it has no results. */
function heldSession(key: string, kind: 'live' | 'file', record: SessionRecord): ListedSession | undefined {
  const entry = entryOf(record);
  return entry && { key, kind, entry, read: () => Promise.resolve(record) };
}

function keptSession(entry: HistoryEntry): ListedSession {
  return {
    key: String(entry.id),
    entry,
    kind: 'kept',
    read: async () => (await loadStore()).readSession(entry.id),
  };
}

interface SessionsOptions {
  /** The session of Live. */
  live: SessionRecord;
  /** What the history has of it. */
  liveId: number | undefined;
  /** Behind another view, nothing is read. */
  isShown: boolean;
}

/** All sessions that can be looked at. */
export function useSessions({ live, liveId, isShown }: SessionsOptions): SessionsControl {
  const [kept, setKept] = useState<HistoryEntry[]>();
  const [files, setFiles] = useState<ListedSession[]>([]);
  const openedCount = useRef(0);
  const [readAtMs, setReadAtMs] = useState(0);
  const [problem, setProblem] = useState<Problem>();

  const attempt = useCallback(async (act: () => Promise<void>) => {
    try {
      await act();
      setProblem(undefined);
    } catch (error) {
      const isOfFile = error instanceof ProblemError;
      setProblem(isOfFile ? error.problem : problemOf('history_storage', 'history'));
    }
  }, []);
  const refresh = useCallback(async () => {
    setKept(await (await loadStore()).readEntries());
    setReadAtMs(Date.now());
  }, []);

  useEffect(() => {
    // Another page may have changed it while this one was behind.
    if (!isShown) return undefined;
    const readAgain = () => {
      if (document.visibilityState === 'visible') void attempt(refresh);
    };
    readAgain();
    document.addEventListener('visibilitychange', readAgain);
    return () => {
      document.removeEventListener('visibilitychange', readAgain);
    };
  }, [isShown, attempt, refresh]);

  // The same while they hold the same: who shows one reads it once.
  const keptSessions = useMemo(() => (kept ?? []).map(keptSession), [kept]);
  const liveSession = useMemo(() => heldSession('live', 'live', live), [live]);
  const sessions: ListedSession[] = [
    ...(liveSession ? [liveSession] : []),
    ...files,
    ...keptSessions.filter(({ entry: { id } }) => id !== liveId),
  ];

  return {
    sessions: kept || problem ? sessions : undefined,
    readAtMs,
    problem,
    openFiles: async (chosen) => {
      const opened: ListedSession[] = [];
      await attempt(async () => {
        for (const file of chosen) {
          openedCount.current += 1;
          const held = heldSession(`file-${openedCount.current}`, 'file', await openSession(file));
          if (held) opened.push({ ...held, name: file.name });
        }
      });
      setFiles((before) => [...before, ...opened]);
      return opened.at(-1)?.key;
    },
    remove: ({ key, kind, entry: { id } }) =>
      attempt(async () => {
        setFiles((before) => before.filter((file) => file.key !== key));
        if (kind !== 'kept') return;
        await (await loadStore()).removeSession(id);
        await refresh();
      }),
    removeAll: () =>
      attempt(async () => {
        await (await loadStore()).removeAllSessions();
        await refresh();
      }),
  };
}
