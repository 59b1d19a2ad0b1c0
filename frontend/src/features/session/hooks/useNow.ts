import { useEffect, useState } from 'react';

/** The time, every second while it is watched. */
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
