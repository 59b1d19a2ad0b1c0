import { useEffect, useState } from 'react';
import { flushSync } from 'react-dom';

/** Whether the page is printed now. Rendered at once: the browser takes the page as it is then. */
export function usePrinting(): boolean {
  const [isPrinting, setIsPrinting] = useState(false);
  useEffect(() => {
    const listeners = new AbortController();
    const { signal } = listeners;
    const show = (isOn: boolean) => {
      flushSync(() => {
        setIsPrinting(isOn);
      });
    };
    const query = window.matchMedia('print');
    query.addEventListener('change', ({ matches }) => { show(matches); }, { signal });
    window.addEventListener('beforeprint', () => { show(true); }, { signal });
    window.addEventListener('afterprint', () => { show(false); }, { signal });
    return () => {
      listeners.abort();
    };
  }, []);
  return isPrinting;
}
