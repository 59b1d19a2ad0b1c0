import { useEffect, useRef, useState } from 'react';
import { isRunning, type Session } from '@/features/session/lib/session';
import { recordSince } from '@/features/session/lib/sessionRecord';

/** While results come, a session is kept this often: all of it is written each time. */
const KEEP_EVERY_MS = 10_000;

async function keep(session: Session, sinceMs: number): Promise<void> {
  const { writeSession } = await import('../lib/historyStore');
  const nowMs = Date.now();
  await writeSession(recordSince(session, sinceMs, nowMs), nowMs);
}

/**
 * Keeps the session in the history while it goes on.
 *
 * @param sinceMs - Results from before stay out of it; `null` while there is no history.
 * @returns Whether the browser refused to keep it.
 */
export function useRecording(session: Session, sinceMs: number | null): boolean {
  const [hasFailed, setHasFailed] = useState(false);
  const kept = useRef<Session['results']>(undefined);
  const keptAtMs = useRef(0);
  const keepPending = useRef<() => void>(undefined);

  useEffect(() => {
    if (sinceMs === null) {
      kept.current = undefined;
      keepPending.current = undefined;
      return undefined;
    }
    if (session.results === kept.current) return undefined;
    if (session.results.length === 0) {
      // What came last before a session was cleared.
      keepPending.current?.();
      kept.current = session.results;
      return undefined;
    }
    const keepNow = () => {
      keepPending.current = undefined;
      kept.current = session.results;
      keptAtMs.current = Date.now();
      keep(session, sinceMs).then(
        () => {
          setHasFailed(false);
        },
        () => {
          setHasFailed(true);
        },
      );
    };
    keepPending.current = keepNow;
    const waitMs = isRunning(session) ? keptAtMs.current + KEEP_EVERY_MS - Date.now() : 0;
    const timer = setTimeout(keepNow, Math.max(0, waitMs));
    return () => {
      clearTimeout(timer);
    };
  }, [session, sinceMs]);

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

  return hasFailed && sinceMs !== null;
}
