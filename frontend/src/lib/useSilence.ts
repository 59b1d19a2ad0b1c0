import { useEffect, useState } from 'react';
import { FRAMES_PER_SECOND, type LevelMonitor } from '@/lib/microphone/levelMonitor';
import { DIGITAL_SILENCE_PEAK } from '@/lib/microphone/loudness';

const SILENT_FRAMES = 2 * FRAMES_PER_SECOND;

/** Whether the microphone has delivered digital silence, not even noise, for two seconds. */
export function useSilence(monitor: LevelMonitor | null): boolean {
  const [silentMonitor, setSilentMonitor] = useState<LevelMonitor | null>(null);

  useEffect(() => {
    if (!monitor) return undefined;
    let silentFrames = 0;
    return monitor.subscribe((peak) => {
      silentFrames = peak < DIGITAL_SILENCE_PEAK ? silentFrames + 1 : 0;
      setSilentMonitor(silentFrames >= SILENT_FRAMES ? monitor : null);
    });
  }, [monitor]);

  return monitor !== null && silentMonitor === monitor;
}
