import { useCallback, useSyncExternalStore } from 'react';

/** Whether the page matches a media query now. */
export function useMediaQuery(query: string): boolean {
  const subscribe = useCallback(
    (listener: () => void) => {
      const list = window.matchMedia(query);
      list.addEventListener('change', listener);
      return () => {
        list.removeEventListener('change', listener);
      };
    },
    [query],
  );
  return useSyncExternalStore(subscribe, () => window.matchMedia(query).matches);
}

/** Wide enough for details beside a list. */
export const WIDE = '(min-width: 992px)';

/** Phones and small tablets, where the options of the microphone lie in the settings. */
export const NARROW = '(max-width: 1279.98px)';
