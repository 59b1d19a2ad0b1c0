import { useCallback, useEffect, useReducer, useState, type ActionDispatch } from 'react';
import * as z from 'zod/mini';
import { useStored } from '@/lib/useStored';
import { sessionReducer, type Session, type SessionAction } from '../lib/session';
import {
  forgetSession,
  KEEP_KEY,
  restoreSession,
  storedIsKept,
  storeSession,
} from '../lib/storedSession';

export interface SessionControl {
  session: Session;
  dispatch: ActionDispatch<[SessionAction]>;
  /** Whether the session survives a reload of the page. */
  isKept: boolean;
  /** The browser's storage is full or blocked. */
  cannotKeep: boolean;
  keep: (isKept: boolean) => void;
}

export function useSession(): SessionControl {
  const [session, dispatch] = useReducer(sessionReducer, undefined, restoreSession);
  const [isKept, setIsKept] = useStored(KEEP_KEY, z.boolean(), false);
  const [cannotKeep, setCannotKeep] = useState(false);

  useEffect(() => {
    if (!isKept) return undefined;
    // After the paint: writing a long session must not delay a result.
    const timer = setTimeout(() => {
      const isOffElsewhere = storedIsKept() === false;
      if (!isOffElsewhere) setCannotKeep(!storeSession(session));
    });
    return () => {
      clearTimeout(timer);
    };
  }, [isKept, session]);

  const keep = useCallback(
    (next: boolean) => {
      setIsKept(next);
      setCannotKeep(false);
      if (!next) forgetSession();
    },
    [setIsKept],
  );

  useEffect(() => {
    const followOff = ({ key }: StorageEvent) => {
      // A null key means that all of the storage was cleared.
      const isOff = (key === KEEP_KEY || key === null) && storedIsKept() !== true;
      if (isOff) keep(false);
    };
    window.addEventListener('storage', followOff);
    return () => {
      window.removeEventListener('storage', followOff);
    };
  }, [keep]);

  return { session, dispatch, isKept, cannotKeep, keep };
}
