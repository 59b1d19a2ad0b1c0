import { useRef, useState } from 'react';
import { formatCount } from '@/lib/format';
import type { UploadsControl } from '../hooks/useUploads';
import { outcomeText } from '../lib/timelineText';
import { hasEnded, latestWithOutcome, type Upload } from '../lib/uploads';
import { UploadItem } from './UploadItem';
import styles from './UploadList.module.css';

/** No file has this id. */
const NONE_OPEN = 0;

function latestOutcome(uploads: Upload[]): string {
  const latest = latestWithOutcome(uploads);
  if (!latest) return '';
  const { file, state } = latest;
  switch (state.phase) {
    case 'done':
      return `${file.name}: ${outcomeText(state.timeline)}`;
    case 'no_speech':
      return `${file.name}: No speech`;
    case 'failed':
      return `${file.name}: ${state.problem.title}`;
    default:
      return '';
  }
}

export function UploadList({ uploads, cancel, cancelAll, retry, clear }: UploadsControl) {
  const panel = useRef<HTMLElement>(null);
  const [openedId, setOpenedId] = useState<number | null>(null);
  const endedCount = uploads.filter(hasEnded).length;
  const isBusy = endedCount < uploads.length;
  // The first file is open until the user opens another.
  const openId = openedId ?? uploads[0]?.id;

  const keepFocus = (act: () => void) => () => {
    // The button may disappear; the keyboard focus must not.
    panel.current?.focus();
    act();
  };

  return (
    <section
      ref={panel}
      tabIndex={-1}
      className="card ser-card"
      aria-labelledby="uploads-heading"
      data-testid="upload-list"
    >
      <div className={`card-body ${styles.body}`}>
        <div className={styles.heading}>
          <h2 className="h6" id="uploads-heading">
            Results
          </h2>
          {uploads.length > 0 && (
            <p className={styles.progress} data-testid="upload-status">
              {endedCount} of {formatCount(uploads.length, 'file')} done
            </p>
          )}
          <p className="visually-hidden" role="status" data-testid="upload-announcement">
            {latestOutcome(uploads)}
          </p>
          {isBusy && (
            <button
              type="button"
              className="btn btn-sm ser-button"
              data-testid="cancel-all"
              onClick={keepFocus(cancelAll)}
            >
              Cancel all
            </button>
          )}
          {endedCount > 0 && !isBusy && (
            <button
              type="button"
              className="btn btn-sm ser-button"
              data-testid="clear-uploads"
              onClick={keepFocus(clear)}
            >
              Clear list
            </button>
          )}
        </div>
        {uploads.length === 0 ? (
          <p className={styles.empty}>Results appear here.</p>
        ) : (
          <ul className={styles.list}>
            {uploads.map((upload) => (
              <UploadItem
                key={upload.id}
                upload={upload}
                isOpen={upload.id === openId}
                onToggle={() => {
                  setOpenedId(upload.id === openId ? NONE_OPEN : upload.id);
                }}
                onCancel={keepFocus(() => {
                  cancel(upload.id);
                })}
                onRetry={keepFocus(() => {
                  retry(upload.id);
                })}
              />
            ))}
          </ul>
        )}
      </div>
    </section>
  );
}
