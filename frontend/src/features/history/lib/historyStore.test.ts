import 'fake-indexeddb/auto';
import { openDB } from 'idb';
import { afterEach, expect, it } from 'vitest';
import { recordOf, type SessionRecord } from '@/features/session/lib/sessionRecord';
import { happy, sad, sessionOf } from '@/test/fixtures';
import {
  DATABASE,
  openHistory,
  readEntries,
  readSession,
  removeAllSessions,
  removeSession,
  writeSession,
} from './historyStore';

const nowMs = Date.UTC(2026, 1, 17, 16);
const record = recordOf(sessionOf(happy, null, sad), nowMs);
async function write(key: string, kept: SessionRecord) {
  await writeSession(await openHistory(), key, kept, nowMs);
}

async function keys() {
  return (await readEntries()).map(({ key }) => key);
}

function later(days: number) {
  const results = record.results.map((result) => ({
    ...result,
    endedAtMs: result.endedAtMs + days * 86_400_000,
  }));
  return { ...record, results };
}

afterEach(removeAllSessions);

it('keeps sessions, the newest first', async () => {
  await write('a', record);
  await write('b', later(2));
  await write('c', later(1));
  expect(await keys()).toEqual(['b', 'c', 'a']);
  expect(await readSession('a')).toMatchObject({ durationS: 9, noSpeechCount: 1 });
});

it('keeps a session that goes on in place of its beginning', async () => {
  await write('a', recordOf(sessionOf(happy), nowMs));
  await write('a', record);
  expect(await readEntries()).toMatchObject([{ key: 'a', resultCount: 2 }]);
  expect((await readSession('a')).results).toHaveLength(2);
});

it('reads a session again that is longer than a file may be', async () => {
  await write('a', { ...record, durationS: 25 * 3600 });
  expect((await readSession('a')).durationS).toBe(25 * 3600);
});

it('removes one, or all, with their results', async () => {
  await write('a', record);
  await write('b', later(1));
  await removeSession('a');
  expect(await keys()).toEqual(['b']);
  await expect(readSession('a')).rejects.toThrow();
  await removeAllSessions();
  expect(await keys()).toEqual([]);
});

it('leaves alone what another version kept', async () => {
  await write('a', record);
  const database = await openDB(DATABASE);
  await database.put('entries', { shape: 'unknown' }, 'x');
  await database.put('sessions', { shape: 'unknown' }, 'x');
  database.close();
  expect(await keys()).toEqual(['a']);
  await expect(readSession('x')).rejects.toThrow();
});

it('makes way for a page of another version', async () => {
  await write('a', record);
  const newer = await openDB(DATABASE, 2);
  expect(await newer.count('sessions')).toBe(1);
  newer.close();
  // This page is too old for it now.
  await expect(readEntries()).rejects.toThrow();
  indexedDB.deleteDatabase(DATABASE);
  expect(await keys()).toEqual([]);
});
