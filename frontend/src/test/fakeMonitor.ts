import type { LevelMonitor } from '@/lib/microphone/levelMonitor';

/** A monitor whose level the test sets. */
export function fakeMonitor() {
  const listeners = new Set<(peak: number) => void>();
  const monitor: LevelMonitor = {
    subscribe: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
  const emit = (peak: number, frames = 1) => {
    for (let frame = 0; frame < frames; frame++) {
      for (const listener of listeners) listener(peak);
    }
  };
  return { monitor, emit };
}
