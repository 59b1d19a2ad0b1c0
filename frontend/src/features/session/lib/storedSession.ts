import * as z from 'zod/mini';
import { readStored, removeStored, writeStored } from '../../../lib/storage';
import { emptySession, endWithLastHeard, sessionSchema, type Session } from './session';

export const KEEP_KEY = 'ser.keepSession';
const SESSION_KEY = 'ser.session';

/** No Date goes further, and formatting such a time throws. */
const LAST_TIME_MS = 8.64e15;

function hasPossibleTimes({ heard, run }: Session): boolean {
  const timesMs = [
    ...heard.map(({ endedAtMs }) => endedAtMs),
    run?.startedAtMs ?? 0,
    run?.endedAtMs ?? 0,
  ];
  return timesMs.every((timeMs) => Math.abs(timeMs) <= LAST_TIME_MS);
}

const storedSchema = sessionSchema.check(z.refine(hasPossibleTimes));

/** Undefined where it was never said, or cannot be read. */
export function storedIsKept(): boolean | undefined {
  return readStored(KEEP_KEY, z.boolean());
}

export function restoreSession(): Session {
  if (storedIsKept() !== true) {
    forgetSession();
    return emptySession;
  }
  const stored = readStored(SESSION_KEY, storedSchema);
  return stored ? endWithLastHeard(stored) : emptySession;
}

/** Tells whether the browser took it. */
export function storeSession(session: Session): boolean {
  return writeStored(SESSION_KEY, session);
}

export function forgetSession(): void {
  removeStored(SESSION_KEY);
}
