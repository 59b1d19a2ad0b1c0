import { useCallback, useRef, type ChangeEvent } from 'react';
import type { Problem } from '../../../lib/problem';
import { useFileDrop } from '../hooks/useFileDrop';
import styles from './FilePicker.module.css';

const oneFileProblem: Problem = {
  code: 'several_files',
  title: 'One file at a time, please',
  remedy: 'Drop a single audio file.',
};

interface FilePickerProps {
  disabled: boolean;
  onFile: (file: File) => void;
  onProblem: (problem: Problem) => void;
}

export function FilePicker({ disabled, onFile, onProblem }: FilePickerProps) {
  const card = useRef<HTMLElement>(null);

  const take = useCallback(
    (files: File[]) => {
      const [file] = files;
      if (!file || disabled) return;
      if (files.length > 1) onProblem(oneFileProblem);
      else onFile(file);
    },
    [disabled, onFile, onProblem],
  );
  const isOver = useFileDrop(card, take);

  const takeChosen = ({ currentTarget }: ChangeEvent<HTMLInputElement>) => {
    take([...(currentTarget.files ?? [])]);
    // Without this, choosing the same file again would be no change.
    currentTarget.value = '';
  };

  return (
    <section
      ref={card}
      className={`card ser-card text-center ${styles.dropZone}`}
      data-dragging={isOver && !disabled}
      aria-labelledby="file-heading"
    >
      <div className="card-body">
        <h2 className="h6 ser-way-in" id="file-heading">
          Use a recording
        </h2>
        <input
          type="file"
          id="file-input"
          className={`visually-hidden ${styles.input}`}
          data-testid="file-input"
          accept="audio/*,video/webm,video/mp4"
          aria-describedby="file-hint"
          disabled={disabled}
          onChange={takeChosen}
        />
        <label
          htmlFor="file-input"
          className={`btn btn-outline-secondary mt-sm-3 ${styles.label} ${disabled ? 'disabled' : ''}`}
        >
          Choose a file
        </label>
        <p className="text-body-secondary small mb-0 mt-2" id="file-hint">
          Or drop it here. WAV, WebM, MP3, OGG, FLAC or M4A, at most 10 MB.
        </p>
      </div>
    </section>
  );
}
