import { useCallback, useRef, type ChangeEvent, type ReactNode } from 'react';
import { useFileDrop } from '../hooks/useFileDrop';
import styles from './FilePicker.module.css';

interface FilePickerProps {
  onFiles: (files: File[]) => void;
  /** How long a file may be. */
  limit: string;
  /** Settings for the files. */
  children?: ReactNode;
}

export function FilePicker({ onFiles, limit, children }: FilePickerProps) {
  const card = useRef<HTMLElement>(null);

  const take = useCallback(
    (files: File[]) => {
      if (files.length > 0) onFiles(files);
    },
    [onFiles],
  );
  const isOver = useFileDrop(card, take);

  const takeChosen = ({ currentTarget }: ChangeEvent<HTMLInputElement>) => {
    take([...(currentTarget.files ?? [])]);
    // Otherwise choosing the same file again would fire no event.
    currentTarget.value = '';
  };

  return (
    <section
      ref={card}
      className={`card ser-card text-center ${styles.dropZone}`}
      data-dragging={isOver}
      data-testid="drop-zone"
      aria-labelledby="file-heading"
    >
      <div className="card-body">
        <span className={styles.emoji} aria-hidden="true">
          📂
        </span>
        <h2 className="h6" id="file-heading">
          Upload recordings
        </h2>
        <input
          type="file"
          id="file-input"
          className={`visually-hidden ${styles.input}`}
          data-testid="file-input"
          accept="audio/*,video/webm,video/mp4"
          aria-describedby="file-hint"
          multiple
          onChange={takeChosen}
        />
        <label htmlFor="file-input" className={`btn ser-button-primary mt-3 ${styles.label}`}>
          Choose files
        </label>
        <p className="text-body-secondary small mb-0 mt-3" id="file-hint">
          Or drop them here. WAV, WebM, MP3, OGG, FLAC or M4A, up to {limit}.
        </p>
        {children && <div className={styles.settings}>{children}</div>}
      </div>
    </section>
  );
}
