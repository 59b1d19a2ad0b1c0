import { useEffect, useState, type RefObject } from 'react';

function carriesFiles({ dataTransfer }: DragEvent): boolean {
  return dataTransfer?.types.includes('Files') ?? false;
}

/** The browser would leave the page and open a file that is dropped elsewhere. */
function refuseElsewhere(signal: AbortSignal): void {
  const refuse = (event: DragEvent) => {
    if (event.defaultPrevented || !carriesFiles(event)) return;
    event.preventDefault();
    if (event.dataTransfer) event.dataTransfer.dropEffect = 'none';
  };
  window.addEventListener('dragover', refuse, { signal });
  window.addEventListener('drop', refuse, { signal });
}

/** Accepts dropped files on one element only; returns whether files are dragged over it. */
export function useFileDrop(
  target: RefObject<HTMLElement | null>,
  onFiles: (files: File[]) => void,
): boolean {
  const [isOver, setIsOver] = useState(false);

  useEffect(() => {
    const element = target.current;
    if (!element) return undefined;
    const listeners = new AbortController();
    const { signal } = listeners;

    refuseElsewhere(signal);
    const accept = (event: DragEvent) => {
      if (!carriesFiles(event)) return;
      event.preventDefault();
      setIsOver(true);
    };
    element.addEventListener('dragenter', accept, { signal });
    element.addEventListener('dragover', accept, { signal });
    element.addEventListener(
      'dragleave',
      ({ relatedTarget }) => {
        const isStillInside = relatedTarget instanceof Node && element.contains(relatedTarget);
        if (!isStillInside) setIsOver(false);
      },
      { signal },
    );
    element.addEventListener(
      'drop',
      (event) => {
        if (!carriesFiles(event)) return;
        event.preventDefault();
        setIsOver(false);
        onFiles([...(event.dataTransfer?.files ?? [])]);
      },
      { signal },
    );
    return () => {
      listeners.abort();
    };
  }, [target, onFiles]);

  return isOver;
}
