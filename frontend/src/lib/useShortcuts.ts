import { useEffect, useRef } from 'react';

/** Elements that do something of their own with most keys. */
const TAKES_KEYS = 'input, select, textarea, button, a, summary, [role=tab], [role=slider]';

/**
 * Calls back for keys that are pressed on the page, and on no control of it; not while a dialog is open.
 *
 * @param shortcuts - by `KeyboardEvent.key`.
 */
export function useShortcuts(isOn: boolean, shortcuts: Record<string, () => void>): void {
  const latest = useRef(shortcuts);
  useEffect(() => {
    latest.current = shortcuts;
  });
  useEffect(() => {
    if (!isOn) return undefined;
    const press = (event: KeyboardEvent) => {
      const { key, target, altKey, ctrlKey, metaKey, repeat } = event;
      const act = latest.current[key];
      if (!act || event.defaultPrevented || altKey || ctrlKey || metaKey) return;
      if (document.querySelector('dialog[open]')) return;
      const isArrowOnButton =
        key.startsWith('Arrow') && target instanceof Element && target.matches('button:not([role])');
      const isTaken = target instanceof Element && target.closest(TAKES_KEYS) !== null;
      if (isTaken && !isArrowOnButton && key !== 'Escape' && key !== '?') return;
      event.preventDefault();
      if (!repeat || key.startsWith('Arrow')) act();
    };
    window.addEventListener('keydown', press);
    return () => {
      window.removeEventListener('keydown', press);
    };
  }, [isOn]);
}
