import { useId } from 'react';
import { EmotionLabel } from '../../../components/EmotionLabel';
import { ProbabilityBars } from '../../../components/ProbabilityBars';
import { UploadProgress } from './UploadProgress';
import { MAX_UPLOAD_BYTES } from '../../../lib/apiProblem';
import { formatSize, formatPercent } from '../../../lib/format';
import { canRetry, hasEnded, type Upload, type UploadState } from '../lib/uploads';
import { FileWaveform } from './FileWaveform';
import styles from './UploadItem.module.css';

function Outcome({ state }: { state: UploadState }) {
  switch (state.phase) {
    case 'waiting':
      return <span className={styles.quiet}>Waiting</span>;
    case 'sending':
      return <UploadProgress progress={state.progress} />;
    case 'analysing':
      return <span className={styles.quiet}>Listening …</span>;
    case 'pausing':
      return <span className={styles.quiet}>The server is busy; it is tried again soon.</span>;
    case 'cancelled':
      return <span className={styles.quiet}>Cancelled</span>;
    case 'no_speech':
      return <span>🤫 {state.problem.title}</span>;
    case 'failed':
      return <span>⚠️ {state.problem.title}</span>;
    case 'done': {
      const { emotion, confidence, low_information } = state.prediction;
      return (
        <span className={styles.emotion}>
          <EmotionLabel emotion={emotion} isUncertain={low_information ?? false} />
          <strong>{formatPercent(confidence)}</strong>
        </span>
      );
    }
  }
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
  // A browser would read and decode the whole file to draw it.
  const isDrawable = file.size <= MAX_UPLOAD_BYTES;
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
          <Outcome state={state} />
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
      {(state.phase === 'failed' || state.phase === 'no_speech') && (
        <p className={styles.quiet}>{state.problem.remedy}</p>
      )}
      <div id={detailsId} className={styles.details} hidden={!isOpen}>
        {isOpen && isDrawable && <FileWaveform file={file} />}
        {isOpen && state.phase === 'done' && (
          <ProbabilityBars probabilities={state.prediction.probabilities} />
        )}
      </div>
    </li>
  );
}
