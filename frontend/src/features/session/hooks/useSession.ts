import { useCallback, useEffect, useReducer, useState, type ActionDispatch } from 'react';
import * as z from 'zod/mini';
import { readStored, removeStored, writeStored } from '../../../lib/storage';
import { useStored } from '../../../lib/useStored';
import {
  emptySession,
  endWithLastHeard,
  sessionReducer,
  sessionSchema,
  type Session,
  type SessionAction,
} from '../lib/session';

const SESSION_KEY = 'ser.session';

export interface SessionControl {
  session: Session;
  dispatch: ActionDispatch<[SessionAction]>;
  /** Whether the session survives a reload of the page. */
  isKept: boolean;
  /** The browser has no room for it, or does not let pages store anything. */
  cannotKeep: boolean;
  keep: (isKept: boolean) => void;
}

function restoredSession(): Session {
  const stored = readStored(SESSION_KEY, sessionSchema);
  return stored ? endWithLastHeard(stored) : emptySession;
}

export function useSession(): SessionControl {
  const [session, dispatch] = useReducer(sessionReducer, undefined, restoredSession);
  const [isKept, setIsKept] = useStored('ser.keepSession', z.boolean(), false);
  const [cannotKeep, setCannotKeep] = useState(false);

  useEffect(() => {
    if (!isKept) return undefined;
    // After the paint: a result should not wait for a long session to be written.
    const timer = setTimeout(() => {
      setCannotKeep(!writeStored(SESSION_KEY, session));
    });
    return () => {
      clearTimeout(timer);
    };
  }, [isKept, session]);

  const keep = useCallback(
    (next: boolean) => {
      setIsKept(next);
      setCannotKeep(false);
      if (!next) removeStored(SESSION_KEY);
    },
    [setIsKept],
  );

  return { session, dispatch, isKept, cannotKeep, keep };
}
