import { useCallback, useSyncExternalStore } from 'react';

const listeners = new Set<() => void>();

function subscribe(listener: () => void) {
  listeners.add(listener);
  window.addEventListener('popstate', listener);
  return () => {
    listeners.delete(listener);
    window.removeEventListener('popstate', listener);
  };
}

function urlValue(name: string): string | undefined {
  return new URLSearchParams(window.location.search).get(name) ?? undefined;
}

interface UrlValueOptions {
  /** Whether the browser's Back returns to the value before. */
  hasHistory?: boolean;
}

/** A value in the page's address: a reload keeps it, and a link shares it. */
export function useUrlValue(
  name: string,
  { hasHistory = false }: UrlValueOptions = {},
): [string | undefined, (value: string | undefined) => void] {
  const value = useSyncExternalStore(subscribe, () => urlValue(name));
  const change = useCallback(
    (next: string | undefined) => {
      if (next === urlValue(name)) return;
      const url = new URL(window.location.href);
      if (next === undefined) url.searchParams.delete(name);
      else url.searchParams.set(name, next);
      if (hasHistory) window.history.pushState(null, '', url);
      else window.history.replaceState(null, '', url);
      for (const listener of listeners) listener();
    },
    [name, hasHistory],
  );
  return [value, change];
}
