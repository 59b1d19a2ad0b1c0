import { useEffect, useState } from 'react';

/** The current time, updated every second while `isWatched`. */
export function useNow(isWatched: boolean): number {
  const [nowMs, setNowMs] = useState(() => Date.now());

  useEffect(() => {
    if (!isWatched) return undefined;
    const tick = () => {
      setNowMs(Date.now());
    };
    const start = setTimeout(tick);
    const timer = setInterval(tick, 1000);
    return () => {
      clearTimeout(start);
      clearInterval(timer);
    };
  }, [isWatched]);

  return nowMs;
}
