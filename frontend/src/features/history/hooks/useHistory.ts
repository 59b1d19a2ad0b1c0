import { useCallback } from 'react';
import * as z from 'zod/mini';
import type { Session } from '@/features/session/lib/session';
import { useStored } from '@/lib/useStored';
import { useRecording } from './useRecording';

export interface HistoryControl {
  isOn: boolean;
  turn: (isOn: boolean) => void;
  /** Results from before are no longer in it; `null` while it is off. */
  sinceMs: number | null;
  /** The browser's storage is full or blocked. */
  hasFailed: boolean;
  /** Call when all sessions have been deleted: what is shown in Live must not come back. */
  beginAnew: () => void;
}

/** Browsers may delete what was not asked to last. */
function askToLast() {
  // Missing where the page is not served securely.
  const storage = navigator.storage as StorageManager | undefined;
  storage?.persist().catch(() => undefined);
}

/** Whether sessions are kept in this browser, and the keeping. */
export function useHistory(session: Session): HistoryControl {
  const [sinceMs, setSinceMs] = useStored('ser.history', z.nullable(z.number()), null);
  const hasFailed = useRecording(session, sinceMs);
  const isOn = sinceMs !== null;
  return {
    isOn,
    turn: useCallback(
      (next: boolean) => {
        setSinceMs(next ? 0 : null);
        if (next) askToLast();
      },
      [setSinceMs],
    ),
    sinceMs,
    hasFailed,
    beginAnew: useCallback(() => {
      if (isOn) setSinceMs(Date.now());
    }, [isOn, setSinceMs]),
  };
}
