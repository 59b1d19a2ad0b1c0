import { useCallback, useEffect, useMemo, useRef, useState } from 'react';
import { openSession } from '@/features/session/lib/sessionDocument';
import type { SessionRecord } from '@/features/session/lib/sessionRecord';
import { problemOf, toProblem, type Problem } from '@/lib/problem';
import { entryOf, type SessionEntry } from '../lib/entry';
import type { KeptEntry } from '../lib/historyStore';

/** A session in the list. */
export interface ListedSession {
  /** As the address has it. */
  key: string;
  entry: SessionEntry;
  /** The one that goes on in Live, one that was opened from a file, or one that this browser keeps. */
  kind: 'live' | 'file' | 'kept';
  /** Of a file. */
  name?: string;
  read: () => Promise<SessionRecord>;
}

export interface SessionsControl {
  /** Undefined until the browser's storage has been read. */
  sessions: ListedSession[] | undefined;
  /** All that this browser keeps, that of Live too. */
  kept: KeptEntry[];
  /** When the storage was read. */
  readAtMs: number;
  /** The storage cannot be read. */
  storageProblem: Problem | undefined;
  /** What was wrong with files, by their names. */
  fileProblems: { name: string; problem: Problem }[];
  /** Opens exported sessions; resolves to the key of the last one. */
  openFiles: (files: File[]) => Promise<string | undefined>;
  /** Removes a session from the history, or a file from the list. */
  remove: (key: string) => Promise<void>;
  removeAll: () => Promise<void>;
}

const LIVE = 'live';

const loadStore = () => import('../lib/historyStore');

function keptSession({ key, ...entry }: KeptEntry): ListedSession {
  return { key, entry, kind: 'kept', read: async () => (await loadStore()).readSession(key) };
}

/** A session that the page holds; undefined where it has no results. */
function heldSession(key: string, kind: 'live' | 'file', record: SessionRecord): ListedSession | undefined {
  const entry = entryOf(record);
  return entry && { key, kind, entry, read: () => Promise.resolve(record) };
}

interface SessionsOptions {
  /** The session of Live. */
  live: SessionRecord;
  /** Under which the history has it. */
  keptKey: string | undefined;
  /** Grows when there is something new in the history. */
  keptCount: number;
  /** Behind another view, nothing is read. */
  isShown: boolean;
}

/** All sessions that can be looked at. */
export function useSessions({ live, keptKey, keptCount, isShown }: SessionsOptions): SessionsControl {
  const [kept, setKept] = useState<KeptEntry[]>();
  const [files, setFiles] = useState<ListedSession[]>([]);
  const openedCount = useRef(0);
  const [readAtMs, setReadAtMs] = useState(0);
  const [storageProblem, setStorageProblem] = useState<Problem>();
  const [fileProblems, setFileProblems] = useState<SessionsControl['fileProblems']>([]);

  const change = useCallback(async (act?: () => Promise<void>) => {
    try {
      await act?.();
      setKept(await (await loadStore()).readEntries());
      setReadAtMs(Date.now());
      setStorageProblem(undefined);
    } catch {
      setStorageProblem(problemOf('history_storage', 'history'));
    }
  }, []);

  useEffect(() => {
    // Another page may have changed it while this one was behind.
    if (!isShown) return undefined;
    const readAgain = () => {
      if (document.visibilityState === 'visible') void change();
    };
    readAgain();
    document.addEventListener('visibilitychange', readAgain);
    return () => {
      document.removeEventListener('visibilitychange', readAgain);
    };
  }, [isShown, keptCount, change]);

  // The same while they hold the same: who shows one reads it once.
  const keptSessions = useMemo(() => (kept ?? []).map(keptSession), [kept]);
  const liveSession = useMemo(() => heldSession(LIVE, 'live', live), [live]);
  const sessions = [
    ...(liveSession ? [liveSession] : []),
    ...files,
    ...keptSessions.filter(({ key }) => key !== keptKey),
  ];

  const openFiles = async (chosen: File[]) => {
    const opened: ListedSession[] = [];
    const problems: SessionsControl['fileProblems'] = [];
    for (const file of chosen) {
      try {
        openedCount.current += 1;
        const held = heldSession(`file-${openedCount.current}`, 'file', await openSession(file));
        if (held) opened.push({ ...held, name: file.name });
      } catch (error) {
        problems.push({ name: file.name, problem: toProblem(error) });
      }
    }
    setFiles((before) => [...before, ...opened]);
    setFileProblems(problems);
    return opened.at(-1)?.key;
  };

  return {
    sessions: kept || storageProblem ? sessions : undefined,
    kept: kept ?? [],
    readAtMs,
    storageProblem,
    fileProblems,
    openFiles,
    remove: async (key) => {
      setFiles((before) => before.filter((file) => file.key !== key));
      await change(async () => (await loadStore()).removeSession(key));
    },
    removeAll: () => change(async () => (await loadStore()).removeAllSessions()),
  };
}
