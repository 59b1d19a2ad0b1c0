import { useEffect, useState } from 'react';

const TICK_MS = 100;

/** Milliseconds left of a span that begins when the component appears. */
export function useCountdown(durationMs: number): number {
  const [remainingMs, setRemainingMs] = useState(durationMs);

  useEffect(() => {
    const endsAt = performance.now() + durationMs;
    const timer = setInterval(() => {
      setRemainingMs(Math.max(0, endsAt - performance.now()));
    }, TICK_MS);
    return () => {
      clearInterval(timer);
    };
  }, [durationMs]);

  return remainingMs;
}
