import AnalysisIcon from '~icons/lucide/file-json';
import RetryIcon from '~icons/lucide/rotate-ccw';
import CancelIcon from '~icons/lucide/x';
import { EmotionRibbon } from '@/components/EmotionRibbon';
import { formatDuration, formatSize } from '@/lib/format';
import { t } from '@/lib/i18n';
import { spansOf } from '../lib/spans';
import { noSpeechText } from '../lib/timelineText';
import { canRetry, durationOf, hasEnded, timelineOf, type Upload, type UploadState } from '../lib/uploads';
import { FileOutcome, type WaitsFor } from './FileOutcome';
import styles from './FileRow.module.css';

const nothing: [] = [];

/** What to do, without opening the file. */
function remark(state: UploadState): string | undefined {
  if (state.phase === 'failed') return state.problem.remedy;
  if (state.phase !== 'no_speech') return undefined;
  const { timeline } = state;
  return timeline.truncated
    ? `${noSpeechText(timeline)} ${t('upload.truncated')}`
    : noSpeechText(timeline);
}

interface FileRowProps {
  upload: Upload;
  isOpen: boolean;
  /** Whether the Tab key stops here; arrow keys reach the other rows. */
  isReachable: boolean;
  waitsFor: WaitsFor | undefined;
  onShow: () => void;
  onCancel: () => void;
  onRetry: () => void;
}

/** A file in the list: name, length, the likeliest emotion over time, and what it is mostly. */
export function FileRow(props: FileRowProps) {
  const { upload, isOpen, isReachable, waitsFor, onShow, onCancel, onRetry } = props;
  const { file, kind, state } = upload;
  const durationS = durationOf(upload);
  const remarkText = remark(state);
  const segments = timelineOf(upload)?.segments ?? nothing;
  const spans = spansOf(segments);
  return (
    <li
      className={styles.row}
      data-open={isOpen}
      data-testid="upload-item"
      data-phase={state.phase}
    >
      <div className={styles.heading}>
        <button
          type="button"
          className={styles.name}
          tabIndex={isReachable ? 0 : -1}
          aria-current={isOpen ? 'true' : undefined}
          title={file.name}
          data-testid="upload-toggle"
          data-id={upload.id}
          onClick={onShow}
        >
          {kind === 'analysis' && <AnalysisIcon aria-hidden="true" />}
          <span className={styles.fileName}>{file.name}</span>
        </button>
        <span className={styles.length}>
          {durationS === undefined ? formatSize(file.size) : formatDuration(durationS)}
        </span>
      </div>
      <EmotionRibbon spans={spans} durationS={durationS ?? 0} heightRem={0.5} />
      <div className={styles.state}>
        <div className={styles.outcome} data-testid="upload-outcome">
          <FileOutcome state={state} waitsFor={waitsFor} />
        </div>
        {!hasEnded(upload) && (
          <button
            type="button"
            className={styles.action}
            aria-label={t('upload.cancelFile', { name: file.name })}
            title={t('common.cancel')}
            data-testid="cancel-upload"
            onClick={onCancel}
          >
            <CancelIcon aria-hidden="true" />
          </button>
        )}
        {canRetry(upload) && (
          <button
            type="button"
            className={styles.action}
            aria-label={t('upload.retryFile', { name: file.name })}
            data-testid="retry-upload"
            onClick={onRetry}
          >
            <RetryIcon aria-hidden="true" /> {t('common.tryAgain')}
          </button>
        )}
      </div>
      {remarkText !== undefined && <p className={styles.remark}>{remarkText}</p>}
    </li>
  );
}
