import { useEffect, useRef } from 'react';
import { useUrlValue } from '@/lib/urlState';
import type { Upload } from '../lib/uploads';

export interface OpenFile {
  /** The file whose details are shown. */
  upload: Upload | undefined;
  show: (id: string) => void;
  close: () => void;
}

/**
 * The open file, which the page's address names. An address of a file that is gone opens none.
 *
 * @param isBeside - details stand beside the list, so that there is always one to show; else they cover it.
 */
export function useOpenFile(uploads: Upload[], isBeside: boolean): OpenFile {
  const [id, replace] = useUrlValue('file');
  const [, push] = useUrlValue('file', { hasHistory: true });
  const isPushed = useRef(false);
  const named = uploads.find((upload) => upload.id === id);
  const isGone = id !== undefined && !named;

  useEffect(() => {
    if (id === undefined) isPushed.current = false;
  }, [id]);

  // Ids are never used again, so a file that is gone stays gone.
  useEffect(() => {
    if (isGone) replace(undefined);
  }, [isGone, replace]);

  return {
    upload: named ?? (isBeside && !isGone ? uploads[0] : undefined),
    show: (next) => {
      if (isBeside || id !== undefined) {
        replace(next);
      } else {
        push(next);
        isPushed.current = true;
      }
    },
    close: () => {
      // So that the browser's Back does not open it again.
      if (isPushed.current) window.history.back();
      else replace(undefined);
    },
  };
}
