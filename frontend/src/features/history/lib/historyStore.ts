import { openDB, type DBSchema, type IDBPDatabase } from 'idb';
import * as z from 'zod/mini';
import { toDocument } from '@/features/session/lib/exportSession';
import { toRecord } from '@/features/session/lib/sessionDocument';
import type { SessionRecord } from '@/features/session/lib/sessionRecord';
import { entryOf, entrySchema, type HistoryEntry } from './entry';

/** The list needs no results, of which a session of hours has thousands. */
interface Stores extends DBSchema {
  entries: { key: number; value: unknown };
  sessions: { key: number; value: unknown };
}

export const DATABASE = 'ser-history';

const stores = ['entries', 'sessions'] as const;

let opened: Promise<IDBPDatabase<Stores>> | undefined;

function database(): Promise<IDBPDatabase<Stores>> {
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

/** All sessions, the newest first. Rejects where the browser's storage is blocked. */
export async function readEntries(): Promise<HistoryEntry[]> {
  const kept = await (await database()).getAll('entries');
  const entries = kept.flatMap((each) => {
    // Those of another version are left alone.
    const parsed = z.safeParse(entrySchema, each);
    return parsed.success ? [parsed.data] : [];
  });
  return entries.sort((one, other) => other.startedAtMs - one.startedAtMs);
}

/** Rejects where there is no such session, or it is from another version. */
export async function readSession(id: number): Promise<SessionRecord> {
  return toRecord(await (await database()).get('sessions', id));
}

/** Keeps a session, in place of what was kept of it before. Rejects where the storage is full. */
export async function writeSession(record: SessionRecord, nowMs: number): Promise<void> {
  const entry = entryOf(record);
  if (!entry) return;
  const transaction = (await database()).transaction(stores, 'readwrite');
  await Promise.all([
    transaction.objectStore('entries').put(entry, entry.id),
    transaction.objectStore('sessions').put(toDocument(record, nowMs), entry.id),
    transaction.done,
  ]);
}

export async function removeSession(id: number): Promise<void> {
  const transaction = (await database()).transaction(stores, 'readwrite');
  await Promise.all([
    ...stores.map((store) => transaction.objectStore(store).delete(id)),
    transaction.done,
  ]);
}

export async function removeAllSessions(): Promise<void> {
  const transaction = (await database()).transaction(stores, 'readwrite');
  await Promise.all([
    ...stores.map((store) => transaction.objectStore(store).clear()),
    transaction.done,
  ]);
}
