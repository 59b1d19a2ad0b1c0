import { useLayoutEffect, useRef } from 'react';

/** Open a dialog element while it is rendered. */
export function useModal() {
  const dialog = useRef<HTMLDialogElement>(null);

  // A layout effect runs before the element is removed: closing later could not restore the focus.
  useLayoutEffect(() => {
    const element = dialog.current;
    element?.showModal();
    return () => element?.close();
  }, []);

  return dialog;
}
