import { openDB, type DBSchema, type IDBPDatabase } from 'idb';
import * as z from 'zod/mini';
import { toDocument } from '@/features/session/lib/exportSession';
import { toRecord } from '@/features/session/lib/sessionDocument';
import type { SessionRecord } from '@/features/session/lib/sessionRecord';
import { entryOf, entrySchema, type SessionEntry } from './entry';

/** The list needs no results, of which a session of hours has thousands. */
interface Stores extends DBSchema {
  entries: { key: string; value: unknown };
  sessions: { key: string; value: unknown };
}

export type HistoryDatabase = IDBPDatabase<Stores>;

/** A session that this browser keeps. */
export interface KeptEntry extends SessionEntry {
  key: string;
}

export const DATABASE = 'ser-history';

const stores = ['entries', 'sessions'] as const;

let opened: Promise<HistoryDatabase> | undefined;

/** Rejects where the browser's storage is blocked. */
export function openHistory(): Promise<HistoryDatabase> {
  opened ??= openDB<Stores>(DATABASE, 1, {
    upgrade(created) {
      for (const store of stores) created.createObjectStore(store);
    },
    // Another page with a newer version waits for this one.
    blocking(_current, _blocked, event) {
      (event.target as IDBDatabase).close();
      opened = undefined;
    },
    terminated() {
      opened = undefined;
    },
  }).catch((error: unknown) => {
    opened = undefined;
    throw error;
  });
  return opened;
}

/** All sessions, the newest first. */
export async function readEntries(): Promise<KeptEntry[]> {
  const transaction = (await openHistory()).transaction('entries');
  const [keys, kept] = await Promise.all([transaction.store.getAllKeys(), transaction.store.getAll()]);
  const entries = kept.flatMap((each, i) => {
    // Those of another version are left alone.
    const parsed = z.safeParse(entrySchema, each);
    return parsed.success ? [{ ...parsed.data, key: keys[i] ?? '' }] : [];
  });
  return entries.sort((one, other) => other.startedAtMs - one.startedAtMs);
}

/** Rejects where there is no such session, or it is from another version. */
export async function readSession(key: string): Promise<SessionRecord> {
  return toRecord(await (await openHistory()).get('sessions', key));
}

/**
 * Keeps a session, in place of what was kept under its key. Rejects where the storage is full.
 *
 * All is asked for before this returns: a page that is left does not come to what follows an `await`.
 */
export function writeSession(
  database: HistoryDatabase,
  key: string,
  record: SessionRecord,
  nowMs: number,
): Promise<unknown> {
  const transaction = database.transaction(stores, 'readwrite');
  const asked = [
    transaction.objectStore('entries').put(entryOf(record), key),
    transaction.objectStore('sessions').put(toDocument(record, nowMs), key),
    transaction.done,
  ];
  transaction.commit();
  return Promise.all(asked);
}

export async function removeSession(key: string): Promise<void> {
  const transaction = (await openHistory()).transaction(stores, 'readwrite');
  await Promise.all([
    ...stores.map((store) => transaction.objectStore(store).delete(key)),
    transaction.done,
  ]);
}

export async function removeAllSessions(): Promise<void> {
  const transaction = (await openHistory()).transaction(stores, 'readwrite');
  await Promise.all([
    ...stores.map((store) => transaction.objectStore(store).clear()),
    transaction.done,
  ]);
}
