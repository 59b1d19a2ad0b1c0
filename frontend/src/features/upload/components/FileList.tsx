import { useRef, useState } from 'react';
import DownloadIcon from '~icons/lucide/download';
import { download } from '@/lib/download';
import { t } from '@/lib/i18n';
import { moveFocus } from '@/lib/moveFocus';
import type { OpenFile } from '../hooks/useOpenFile';
import type { UploadsControl } from '../hooks/useUploads';
import { allSegmentsCsv, allSegmentsName } from '../lib/exportAll';
import { sortOrders, sortUploads, type SortOrder } from '../lib/sortUploads';
import { outcomeText } from '../lib/timelineText';
import { hasEnded, latestWithOutcome, timelineOf, type Upload } from '../lib/uploads';
import { FILE_INPUT_ID } from './AddFiles';
import styles from './FileList.module.css';
import type { WaitsFor } from './FileOutcome';
import { FileRow } from './FileRow';

export const FILES_ID = 'uploads';

function latestOutcome(uploads: Upload[]): string {
  const latest = latestWithOutcome(uploads);
  if (!latest) return '';
  const { file, state } = latest;
  switch (state.phase) {
    case 'done':
      return `${file.name}: ${outcomeText(state.timeline)}`;
    case 'no_speech':
      return `${file.name}: ${t('upload.noSpeech')}`;
    case 'failed':
      return `${file.name}: ${state.problem.title}`;
    default:
      return '';
  }
}

function isSortOrder(value: string): value is SortOrder {
  return sortOrders.some((order) => order === value);
}

interface FileListProps {
  control: UploadsControl;
  open: OpenFile;
  /** Details stand beside the list: arrow keys show them, too. */
  isBeside: boolean;
  /** What is not ready yet. */
  waitsFor: WaitsFor | undefined;
}

/** All files; arrow keys move between them. */
export function FileList({ control, open, isBeside, waitsFor }: FileListProps) {
  const { uploads, cancel, cancelAll, retry, clear } = control;
  const panel = useRef<HTMLElement>(null);
  const [order, setOrder] = useState<SortOrder>('added');
  const sorted = sortUploads(uploads, order);
  const endedCount = uploads.filter(hasEnded).length;
  const isBusy = endedCount < uploads.length;
  const hasResults = uploads.some(timelineOf);
  const openId = open.upload?.id;
  const reachableId = openId ?? sorted[0]?.id;

  const keepFocus = (act: () => void) => () => {
    // The button may disappear; the keyboard focus must not.
    panel.current?.focus();
    act();
  };

  return (
    <section
      ref={panel}
      id={FILES_ID}
      tabIndex={-1}
      className={styles.files}
      aria-labelledby="uploads-heading"
      data-testid="upload-list"
    >
      <div className={styles.heading}>
        <h2 className={styles.title} id="uploads-heading">
          {t('upload.files')}
        </h2>
        {uploads.length > 0 && (
          <p className={styles.progress} data-testid="upload-status">
            {t('upload.filesDone', { done: endedCount, count: uploads.length })}
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
            {t('upload.cancelAll')}
          </button>
        )}
        {endedCount > 0 && !isBusy && (
          <button
            type="button"
            className="btn btn-sm ser-button"
            data-testid="clear-uploads"
            onClick={() => {
              // The list disappears.
              document.getElementById(FILE_INPUT_ID)?.focus();
              clear();
            }}
          >
            {t('upload.clear')}
          </button>
        )}
      </div>
      {uploads.length > 0 && (
        <div className={styles.tools}>
          <select
            className={`form-select form-select-sm ${styles.sort}`}
            aria-label={t('upload.sort')}
            value={order}
            data-testid="sort-uploads"
            onChange={({ currentTarget: { value } }) => {
              if (isSortOrder(value)) setOrder(value);
            }}
          >
            {sortOrders.map((each) => (
              <option key={each} value={each}>
                {t(`upload.sort.${each}`)}
              </option>
            ))}
          </select>
          <button
            type="button"
            className={`btn btn-sm ser-button ${styles.exportAll}`}
            data-testid="export-all"
            // Not `disabled`, which would lose the keyboard focus.
            aria-disabled={!hasResults}
            onClick={() => {
              if (hasResults) download(allSegmentsCsv(sorted), allSegmentsName(), 'text/csv;charset=utf-8');
            }}
          >
            <DownloadIcon aria-hidden="true" /> {t('upload.exportAll')}
          </button>
        </div>
      )}
      {/* Arrow keys move between the buttons of the rows. */}
      {/* eslint-disable-next-line jsx-a11y/no-noninteractive-element-interactions */}
      <ul
        className={styles.list}
        onKeyDown={(event) => {
          const row = moveFocus(event, '[data-testid=upload-toggle]');
          if (isBeside && row?.dataset.id) open.show(row.dataset.id);
        }}
      >
        {sorted.map((upload) => (
          <FileRow
            key={upload.id}
            upload={upload}
            isOpen={upload.id === openId}
            isReachable={upload.id === reachableId}
            waitsFor={waitsFor}
            onShow={() => {
              open.show(upload.id);
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
    </section>
  );
}
