import { useState } from 'react';
import { ModalDialog } from '@/components/ModalDialog';
import { SwitchField } from '@/components/SwitchField';
import { download } from '@/lib/download';
import type { SessionControl } from '../hooks/useSession';
import { exportFileName, toCsv, toJson } from '../lib/exportSession';
import styles from './SessionActions.module.css';

function keepHint(isKept: boolean, cannotKeep: boolean): string {
  if (cannotKeep) return 'The browser cannot store it: its storage is full or blocked.';
  return isKept
    ? 'The results stay in this browser until you clear them.'
    : 'Off: the results are lost when the page is closed.';
}

interface SessionActionsProps extends SessionControl {
  onCleared: () => void;
}

export function SessionActions(props: SessionActionsProps) {
  const { session, dispatch, isKept, cannotKeep, keep, onCleared } = props;
  const [isAsking, setIsAsking] = useState(false);
  const isEmpty = session.results.length === 0;

  const exportCsv = () => {
    download(toCsv(session), exportFileName('csv', Date.now()), 'text/csv;charset=utf-8');
  };
  const exportJson = () => {
    const nowMs = Date.now();
    download(toJson(session, nowMs), exportFileName('json', nowMs), 'application/json');
  };
  const clear = () => {
    setIsAsking(false);
    dispatch({ type: 'cleared', atMs: Date.now() });
    onCleared();
  };

  return (
    <section className="card ser-card" aria-labelledby="actions-heading">
      <div className={`card-body ${styles.body}`}>
        <h2 className="h6" id="actions-heading">
          Keep or clear
        </h2>
        <div className={styles.buttons}>
          <button
            type="button"
            className="btn btn-sm ser-button"
            data-testid="export-csv"
            disabled={isEmpty}
            onClick={exportCsv}
          >
            Export CSV
          </button>
          <button
            type="button"
            className="btn btn-sm ser-button"
            data-testid="export-json"
            disabled={isEmpty}
            onClick={exportJson}
          >
            Export JSON
          </button>
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
            Clear
          </button>
        </div>
        <SwitchField
          label="Keep this session after a reload"
          hint={keepHint(isKept, cannotKeep)}
          isOn={isKept}
          testId="keep-session-switch"
          onChange={keep}
        />
      </div>
      {isAsking && (
        <ModalDialog
          title="Clear this session?"
          confirmLabel="Clear"
          cancelLabel="Go back"
          testId="clear-dialog"
          onConfirm={clear}
          onCancel={() => {
            setIsAsking(false);
          }}
        >
          <p className="mb-0">
            All results are removed from this page and from this browser. Export them first if you need
            them.
          </p>
        </ModalDialog>
      )}
    </section>
  );
}
