import * as z from 'zod/mini';
import { readStored, removeStored, writeStored } from '@/lib/storage';
import { emptySession, endWithLastResult, sessionSchema, type Session } from './session';

export const KEEP_KEY = 'ser.keepSession';
const SESSION_KEY = 'ser.session';

/** The largest time a Date can hold; formatting a larger one throws. */
const LAST_TIME_MS = 8.64e15;

function hasValidTimes({ results, run }: Session): boolean {
  const timesMs = [
    ...results.map(({ endedAtMs }) => endedAtMs),
    run?.startedAtMs ?? 0,
    run?.endedAtMs ?? 0,
  ];
  return timesMs.every((timeMs) => Math.abs(timeMs) <= LAST_TIME_MS);
}

/** Sessions stored before the field was renamed from `heard` to `results` stay readable. */
const storedSchema = z.pipe(
  z.transform((stored: unknown) => {
    if (typeof stored !== 'object' || stored === null || !('heard' in stored)) return stored;
    const { heard: results, ...rest } = stored;
    return { ...rest, results };
  }),
  sessionSchema.check(z.refine(hasValidTimes)),
);

/** Undefined where it was never set or cannot be read. */
export function storedIsKept(): boolean | undefined {
  return readStored(KEEP_KEY, z.boolean());
}

export function restoreSession(): Session {
  if (storedIsKept() !== true) {
    forgetSession();
    return emptySession;
  }
  const stored = readStored(SESSION_KEY, storedSchema);
  return stored ? endWithLastResult(stored) : emptySession;
}

/** Returns whether the browser stored it. */
export function storeSession(session: Session): boolean {
  return writeStored(SESSION_KEY, session);
}

export function forgetSession(): void {
  removeStored(SESSION_KEY);
}
