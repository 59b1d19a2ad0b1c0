import { useState } from 'react';
import DownloadIcon from '~icons/lucide/download';
import PrinterIcon from '~icons/lucide/printer';
import { ModalDialog } from '@/components/ModalDialog';
import { download } from '@/lib/download';
import { t } from '@/lib/i18n';
import type { SessionControl } from '../hooks/useSession';
import { exportFileName, toCsv, toJson } from '../lib/exportSession';
import { recordOf } from '../lib/sessionRecord';
import styles from './SessionActions.module.css';

const formats = ['csv', 'json'] as const;

interface SessionActionsProps extends SessionControl {
  /** What is cleared stays in the history. */
  isInHistory: boolean;
  onCleared: () => void;
}

export function SessionActions(props: SessionActionsProps) {
  const { session, dispatch, isKept, cannotKeep, keep, isInHistory, onCleared } = props;
  const [isAsking, setIsAsking] = useState(false);
  const isEmpty = session.results.length === 0;

  const exports = {
    csv: () => {
      download(toCsv(recordOf(session, Date.now())), exportFileName('csv', Date.now()), 'text/csv;charset=utf-8');
    },
    json: () => {
      const nowMs = Date.now();
      download(toJson(recordOf(session, nowMs), nowMs), exportFileName('json', nowMs), 'application/json');
    },
  };
  const clear = () => {
    setIsAsking(false);
    dispatch({ type: 'cleared', atMs: Date.now() });
    onCleared();
  };

  return (
    <div className={styles.actions}>
      {cannotKeep && (
        <span className={styles.warning} role="status">
          {t('session.cannotKeep')}
        </span>
      )}
      {formats.map((format) => (
        <button
          key={format}
          type="button"
          className="btn btn-sm ser-button"
          data-testid={`export-${format}`}
          disabled={isEmpty}
          onClick={exports[format]}
        >
          <DownloadIcon aria-hidden="true" /> <span className="visually-hidden">{t('session.export')}</span>{' '}
          {format.toUpperCase()}
        </button>
      ))}
      <button
        type="button"
        className="btn btn-sm ser-button"
        aria-label={t('session.print')}
        title={t('session.print')}
        data-testid="print-session"
        disabled={isEmpty}
        onClick={() => {
          window.print();
        }}
      >
        <PrinterIcon aria-hidden="true" />
      </button>
      <label className={styles.keep} title={t(isKept ? 'session.keptHint' : 'session.notKeptHint')}>
        <input
          type="checkbox"
          className="form-check-input"
          checked={isKept}
          data-testid="keep-session-switch"
          onChange={({ currentTarget }) => {
            keep(currentTarget.checked);
          }}
        />{' '}
        {t('session.keep')}
      </label>
      <button
        type="button"
        className="btn btn-sm ser-button"
        data-testid="clear-session"
        // Not `disabled`: the focus comes back here when the session has been cleared.
        aria-disabled={isEmpty}
        onClick={() => {
          setIsAsking(!isEmpty);
        }}
      >
        {t('session.clear')}
      </button>
      {isAsking && (
        <ModalDialog
          title={t('session.clearTitle')}
          confirmLabel={t('session.clear')}
          cancelLabel={t('common.goBack')}
          testId="clear-dialog"
          onConfirm={clear}
          onCancel={() => {
            setIsAsking(false);
          }}
        >
          <p className="mb-0">{t(isInHistory ? 'session.clearWarningHistory' : 'session.clearWarning')}</p>
        </ModalDialog>
      )}
    </div>
  );
}
