import { useCallback, useEffect, useState } from 'react';
import type { Session } from '@/features/session/lib/session';
import { HISTORY_KEY, readSetting, writeSetting } from '../lib/historySetting';
import { useRecording, type Recording } from './useRecording';

export interface HistoryControl extends Recording {
  isOn: boolean;
  turn: (isOn: boolean) => void;
  /** What was said so far in this page stays out of it, as it was deleted. */
  forgetSession: () => void;
  /** The same in all pages. */
  forgetAll: () => void;
}

/** Browsers may delete what was not asked to last. */
function askToLast() {
  // Missing where the page is not served securely.
  const storage = navigator.storage as StorageManager | undefined;
  storage?.persist().catch(() => undefined);
}

/** Whether sessions are kept in this browser, and the keeping. */
export function useHistory(session: Session): HistoryControl {
  const [setting, setSetting] = useState(readSetting);
  // What a page restores was kept by the page before, if it was to be kept.
  const [sinceMs, setSinceMs] = useState(Date.now);
  const recording = useRecording(session, setting.isOn, Math.max(sinceMs, setting.deletedAtMs));

  useEffect(() => {
    const follow = ({ key }: StorageEvent) => {
      // A null key means that all of the storage was cleared.
      if (key === HISTORY_KEY || key === null) setSetting(readSetting());
    };
    window.addEventListener('storage', follow);
    return () => {
      window.removeEventListener('storage', follow);
    };
  }, []);

  return {
    ...recording,
    isOn: setting.isOn,
    turn: useCallback((isOn: boolean) => {
      const next = { ...readSetting(), isOn };
      writeSetting(next);
      setSetting(next);
      if (isOn) askToLast();
    }, []),
    forgetSession: useCallback(() => {
      setSinceMs(Date.now());
    }, []),
    forgetAll: useCallback(() => {
      const next = { ...readSetting(), deletedAtMs: Date.now() };
      writeSetting(next);
      setSetting(next);
    }, []),
  };
}
