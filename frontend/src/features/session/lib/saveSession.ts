import { download } from '@/lib/download';
import { exportFileName, toCsv, toJson } from './exportSession';
import type { SessionRecord } from './sessionRecord';

export const sessionFormats = ['csv', 'json'] as const;
export type SessionFormat = (typeof sessionFormats)[number];

/** Saves a session as a file that is named after a time. */
export function saveSession(format: SessionFormat, record: SessionRecord, atMs: number) {
  const name = exportFileName(format, atMs);
  if (format === 'csv') download(toCsv(record), name, 'text/csv;charset=utf-8');
  else download(toJson(record, Date.now()), name, 'application/json');
}
