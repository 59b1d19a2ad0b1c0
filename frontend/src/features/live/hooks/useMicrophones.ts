import { useEffect, useState } from 'react';

export interface Microphone {
  id: string;
  name: string;
}

/** Browsers list these beside the real ones, as a second name of one of them. */
const ALIASES = new Set(['default', 'communications', '']);

async function list(): Promise<Microphone[]> {
  // Pages on plain http lack mediaDevices, and old browsers the list.
  const mediaDevices = navigator.mediaDevices as Partial<MediaDevices> | undefined;
  const devices = (await mediaDevices?.enumerateDevices?.()) ?? [];
  return devices
    .filter(({ kind, deviceId, label }) => kind === 'audioinput' && label && !ALIASES.has(deviceId))
    .map(({ deviceId, label }) => ({ id: deviceId, name: label }));
}

/** The microphones by name; browsers tell the names only once a microphone was allowed. */
export function useMicrophones(isOpen: boolean): Microphone[] {
  const [microphones, setMicrophones] = useState<Microphone[]>([]);

  useEffect(() => {
    let isGone = false;
    const refresh = () => {
      list().then(
        (found) => {
          if (!isGone) setMicrophones(found);
        },
        () => undefined,
      );
    };
    refresh();
    const mediaDevices = navigator.mediaDevices as Partial<MediaDevices> | undefined;
    mediaDevices?.addEventListener?.('devicechange', refresh);
    return () => {
      isGone = true;
      mediaDevices?.removeEventListener?.('devicechange', refresh);
    };
  }, [isOpen]);

  return microphones;
}
