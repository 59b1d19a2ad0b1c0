import { useId } from 'react';
import { formatSize } from '@/lib/format';
import { noSpeechText, TRUNCATED_TEXT } from '../lib/timelineText';
import { canRetry, hasEnded, type Upload, type UploadState } from '../lib/uploads';
import { UploadDetails } from './UploadDetails';
import styles from './UploadItem.module.css';
import { UploadOutcome } from './UploadOutcome';

/** Shown without opening the details. */
function remark(state: UploadState): string | undefined {
  if (state.phase === 'failed') return state.problem.remedy;
  if (state.phase !== 'no_speech') return undefined;
  const { timeline } = state;
  return timeline.truncated
    ? `${noSpeechText(timeline)} ${TRUNCATED_TEXT}`
    : noSpeechText(timeline);
}

interface UploadItemProps {
  upload: Upload;
  isOpen: boolean;
  onToggle: () => void;
  onCancel: () => void;
  onRetry: () => void;
}

export function UploadItem({ upload, isOpen, onToggle, onCancel, onRetry }: UploadItemProps) {
  const { file, state } = upload;
  const detailsId = useId();
  const remarkText = remark(state);
  return (
    <li className={styles.item} data-testid="upload-item" data-phase={state.phase}>
      <div className={styles.summary}>
        <button
          type="button"
          className={styles.name}
          aria-expanded={isOpen}
          aria-controls={detailsId}
          data-testid="upload-toggle"
          onClick={onToggle}
        >
          <span className={styles.fileName}>{file.name}</span>
          <span className={styles.size}>{formatSize(file.size)}</span>
        </button>
        <div className={styles.outcome} data-testid="upload-outcome">
          <UploadOutcome state={state} />
        </div>
        {!hasEnded(upload) && (
          <button
            type="button"
            className="btn btn-sm ser-button"
            aria-label={`Cancel ${file.name}`}
            data-testid="cancel-upload"
            onClick={onCancel}
          >
            Cancel
          </button>
        )}
        {canRetry(upload) && (
          <button
            type="button"
            className="btn btn-sm ser-button"
            aria-label={`Try again: ${file.name}`}
            data-testid="retry-upload"
            onClick={onRetry}
          >
            Try again
          </button>
        )}
      </div>
      {remarkText !== undefined && <p className={styles.quiet}>{remarkText}</p>}
      <div id={detailsId} className={styles.details} hidden={!isOpen}>
        {isOpen && <UploadDetails upload={upload} />}
      </div>
    </li>
  );
}
