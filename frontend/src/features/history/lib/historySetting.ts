import * as z from 'zod/mini';
import { readStored, writeStored } from '@/lib/storage';

export const HISTORY_KEY = 'ser.history';

const settingSchema = z.object({
  isOn: z.boolean(),
  /** When all sessions were last deleted: what was said before must not come back. */
  deletedAtMs: z.number(),
});

export type HistorySetting = z.infer<typeof settingSchema>;

const off: HistorySetting = { isOn: false, deletedAtMs: 0 };

export function readSetting(): HistorySetting {
  const { isOn, deletedAtMs } = readStored(HISTORY_KEY, settingSchema) ?? off;
  // The clock may have been set back since.
  return { isOn, deletedAtMs: Math.min(deletedAtMs, Date.now()) };
}

/** Returns whether the browser stored it. */
export function writeSetting(setting: HistorySetting): boolean {
  return writeStored(HISTORY_KEY, setting);
}
