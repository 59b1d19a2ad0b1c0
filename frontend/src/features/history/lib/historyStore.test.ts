import 'fake-indexeddb/auto';
import { openDB } from 'idb';
import { afterEach, expect, it } from 'vitest';
import { recordOf } from '@/features/session/lib/sessionRecord';
import { happy, sad, sessionOf } from '@/test/fixtures';
import {
  DATABASE,
  readEntries,
  readSession,
  removeAllSessions,
  removeSession,
  writeSession,
} from './historyStore';

const nowMs = Date.UTC(2026, 1, 17, 16);
const record = recordOf(sessionOf(happy, null, sad), nowMs);
const id = record.results[0]?.endedAtMs ?? 0;

function later(days: number) {
  const results = record.results.map((result) => ({
    ...result,
    endedAtMs: result.endedAtMs + days * 86_400_000,
  }));
  return { ...record, results };
}

afterEach(removeAllSessions);

it('keeps sessions, the newest first', async () => {
  await writeSession(record, nowMs);
  await writeSession(later(2), nowMs);
  await writeSession(later(1), nowMs);
  const entries = await readEntries();
  expect(entries.map((entry) => (entry.id - id) / 86_400_000)).toEqual([2, 1, 0]);
  expect(await readSession(id)).toMatchObject({ durationS: 9, noSpeechCount: 1 });
});

it('keeps a session that goes on in place of its beginning', async () => {
  await writeSession(recordOf(sessionOf(happy), nowMs), nowMs);
  await writeSession(record, nowMs);
  expect(await readEntries()).toMatchObject([{ id, resultCount: 2 }]);
  expect((await readSession(id)).results).toHaveLength(2);
});

it('keeps no session without results', async () => {
  await writeSession(recordOf(sessionOf(null), nowMs), nowMs);
  expect(await readEntries()).toEqual([]);
});

it('removes one, or all, with their results', async () => {
  await writeSession(record, nowMs);
  await writeSession(later(1), nowMs);
  await removeSession(id);
  expect(await readEntries()).toHaveLength(1);
  await expect(readSession(id)).rejects.toThrow();
  await removeAllSessions();
  expect(await readEntries()).toEqual([]);
});

it('leaves alone what another version kept', async () => {
  await writeSession(record, nowMs);
  const database = await openDB(DATABASE);
  await database.put('entries', { shape: 'unknown' }, 1);
  await database.put('sessions', { shape: 'unknown' }, 1);
  database.close();
  expect(await readEntries()).toHaveLength(1);
  await expect(readSession(1)).rejects.toThrow();
});

it('makes way for a page of another version', async () => {
  await writeSession(record, nowMs);
  const newer = await openDB(DATABASE, 2);
  expect(await newer.count('sessions')).toBe(1);
  newer.close();
  // This page is too old for it now.
  await expect(readEntries()).rejects.toThrow();
  indexedDB.deleteDatabase(DATABASE);
  expect(await readEntries()).toEqual([]);
});
