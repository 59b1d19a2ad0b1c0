import { useState } from 'react';
import DownloadIcon from '~icons/lucide/download';
import PrinterIcon from '~icons/lucide/printer';
import { ModalDialog } from '@/components/ModalDialog';
import { t } from '@/lib/i18n';
import type { SessionControl } from '../hooks/useSession';
import { saveSession, sessionFormats } from '../lib/saveSession';
import { recordOf } from '../lib/sessionRecord';
import styles from './SessionActions.module.css';

interface SessionActionsProps extends SessionControl {
  /** The history has some of the session, which stays there when it is cleared. */
  isInHistory: boolean;
  /** The browser refuses to keep the history. */
  hasHistoryFailed: boolean;
  onCleared: () => void;
}

export function SessionActions(props: SessionActionsProps) {
  const { session, dispatch, isKept, cannotKeep, keep, isInHistory, hasHistoryFailed, onCleared } = props;
  const [isAsking, setIsAsking] = useState(false);
  const isEmpty = session.results.length === 0;

  const clear = () => {
    setIsAsking(false);
    dispatch({ type: 'cleared', atMs: Date.now() });
    onCleared();
  };

  return (
    <div className={styles.actions}>
      {(cannotKeep || hasHistoryFailed) && (
        <span className={styles.warning} role="status">
          {t(cannotKeep ? 'session.cannotKeep' : 'problem.history')}
        </span>
      )}
      {sessionFormats.map((format) => (
        <button
          key={format}
          type="button"
          className="btn btn-sm ser-button"
          data-testid={`export-${format}`}
          disabled={isEmpty}
          onClick={() => {
            const nowMs = Date.now();
            saveSession(format, recordOf(session, nowMs), nowMs);
          }}
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
