import * as z from 'zod/mini';
import { readStored, removeStored, writeStored } from '../../../lib/storage';
import { emptySession, endWithLastHeard, sessionSchema, type Session } from './session';

export const KEEP_KEY = 'ser.keepSession';
const SESSION_KEY = 'ser.session';

/** Undefined where it was never said, or cannot be read. */
export function storedIsKept(): boolean | undefined {
  return readStored(KEEP_KEY, z.boolean());
}

export function restoreSession(): Session {
  if (storedIsKept() !== true) {
    forgetSession();
    return emptySession;
  }
  const stored = readStored(SESSION_KEY, sessionSchema);
  return stored ? endWithLastHeard(stored) : emptySession;
}

/** Tells whether the browser took it. */
export function storeSession(session: Session): boolean {
  return writeStored(SESSION_KEY, session);
}

export function forgetSession(): void {
  removeStored(SESSION_KEY);
}
