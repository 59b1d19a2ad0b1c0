import type { ChangeEvent } from 'react';
import UploadIcon from '~icons/lucide/upload';
import { t } from '@/lib/i18n';
import styles from './AddFiles.module.css';

/** Of the element that takes the keyboard focus of a list that disappears. */
export const FILE_INPUT_ID = 'file-input';

interface AddFilesProps {
  onFiles: (files: File[]) => void;
  /** How long a file may be. */
  limit: string;
  /** Files are dragged over the view. */
  isOver: boolean;
  /** There are files already: a line is enough. */
  isSlim: boolean;
}

export function AddFiles({ onFiles, limit, isOver, isSlim }: AddFilesProps) {
  const takeChosen = ({ currentTarget }: ChangeEvent<HTMLInputElement>) => {
    const files = [...(currentTarget.files ?? [])];
    // Otherwise choosing the same file again would fire no event.
    currentTarget.value = '';
    if (files.length > 0) onFiles(files);
  };
  return (
    <section
      className={styles.dropZone}
      data-dragging={isOver}
      data-slim={isSlim}
      data-testid="drop-zone"
      aria-labelledby="file-heading"
    >
      {!isSlim && <UploadIcon className={styles.icon} aria-hidden="true" />}
      <h2 className={isSlim ? 'visually-hidden' : styles.title} id="file-heading">
        {t('upload.heading')}
      </h2>
      <input
        type="file"
        id={FILE_INPUT_ID}
        className={`visually-hidden ${styles.input}`}
        data-testid={FILE_INPUT_ID}
        accept="audio/*,video/webm,video/mp4,.json,application/json"
        aria-describedby="file-hint"
        multiple
        onChange={takeChosen}
      />
      <label htmlFor={FILE_INPUT_ID} className={`btn ser-button-primary ${styles.label}`}>
        {isSlim && <UploadIcon aria-hidden="true" />} {isSlim ? t('upload.addFiles') : t('upload.choose')}
      </label>
      <p className={styles.hint} id="file-hint">
        {isSlim ? t('upload.dropHint') : t('upload.formats', { limit })}
      </p>
    </section>
  );
}
