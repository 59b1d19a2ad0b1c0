import { useEffect, useState } from 'react';

const STEP_MS = 100;

/** Time since `isRunning` became true, or `since` changed; 0 while it is false. */
export function useElapsedMs(isRunning: boolean, since?: unknown): number {
  const [elapsedMs, setElapsedMs] = useState(0);

  useEffect(() => {
    if (!isRunning) return undefined;
    const startMs = performance.now();
    const timer = setInterval(() => {
      setElapsedMs(performance.now() - startMs);
    }, STEP_MS);
    return () => {
      clearInterval(timer);
      setElapsedMs(0);
    };
  }, [isRunning, since]);

  return elapsedMs;
}
