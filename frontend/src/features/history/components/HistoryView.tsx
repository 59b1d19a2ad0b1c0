import { useMemo, useRef, useState, type ChangeEvent } from 'react';
import OpenIcon from '~icons/lucide/folder-open';
import FailedIcon from '~icons/lucide/triangle-alert';
import { ModalDialog } from '@/components/ModalDialog';
import { Sheet } from '@/components/Sheet';
import { SwitchField } from '@/components/SwitchField';
import type { Session } from '@/features/session/lib/session';
import { recordOf, recordSince } from '@/features/session/lib/sessionRecord';
import { t } from '@/lib/i18n';
import { useMediaQuery, WIDE } from '@/lib/useMediaQuery';
import { useUrlValue } from '@/lib/urlState';
import type { HistoryControl } from '../hooks/useHistory';
import { useSessions } from '../hooks/useSessions';
import { entryOf } from '../lib/entry';
import { sessionName } from '../lib/sessionName';
import styles from './HistoryView.module.css';
import { SessionDetail } from './SessionDetail';
import { SessionList } from './SessionList';
import { Trend } from './Trend';

interface HistoryViewProps {
  /** The one that goes on in Live. */
  session: Session;
  history: HistoryControl;
  isShown: boolean;
}

/** Past sessions: a list, one of them in detail or beside another, and the days over time. */
export function HistoryView({ session, history, isShown }: HistoryViewProps) {
  const heading = useRef<HTMLHeadingElement>(null);
  const isWide = useMediaQuery(WIDE);
  const [openKey, setOpenKey] = useUrlValue('session');
  const [isAsking, setIsAsking] = useState(false);
  // A running session is as long as its results: the page need not count the seconds.
  const nowMs = session.results.at(-1)?.endedAtMs ?? 0;
  const live = useMemo(() => recordOf(session, nowMs), [session, nowMs]);
  const ofHistory = history.sinceMs === null ? undefined : recordSince(session, history.sinceMs, nowMs);
  const { sessions, readAtMs, problem, openFiles, remove, removeAll } = useSessions({
    live,
    liveId: ofHistory && entryOf(ofHistory)?.id,
    isShown,
  });
  const open = sessions?.find(({ key }) => key === openKey);
  const kept = sessions?.filter(({ kind }) => kind === 'kept') ?? [];

  const choose = ({ currentTarget }: ChangeEvent<HTMLInputElement>) => {
    const files = [...(currentTarget.files ?? [])];
    // Otherwise choosing the same file again would fire no event.
    currentTarget.value = '';
    void openFiles(files).then((key) => {
      if (key !== undefined) setOpenKey(key);
    });
  };

  const close = () => {
    setOpenKey(undefined);
    // The button disappears; the keyboard focus must not.
    heading.current?.focus();
  };
  const trend = (
    <div className={`card ser-card ${styles.detail}`}>
      <Trend entries={kept.map(({ entry }) => entry)} nowMs={readAtMs} />
    </div>
  );
  const detail = open && sessions && (
    <SessionDetail
      key={open.key}
      session={open}
      others={sessions.filter((other) => other !== open)}
      onRemove={
        open.kind === 'live'
          ? undefined
          : () => {
              close();
              void remove(open);
            }
      }
      onClose={isWide ? close : undefined}
    />
  );

  return (
    <div className={styles.view} data-testid="history-view">
      {!isWide && kept.length > 0 && trend}
      <section className={`card ser-card ${styles.master}`} aria-labelledby="history-heading">
        <div className={styles.heading}>
          <h2 ref={heading} className="h5 mb-0" id="history-heading" tabIndex={-1}>
            {t('history.title')}
          </h2>
          <span>
            <input
              type="file"
              id="session-input"
              className={`visually-hidden ${styles.input}`}
              accept=".json,application/json"
              multiple
              data-testid="session-input"
              onChange={choose}
            />
            <label className="btn btn-sm ser-button" htmlFor="session-input">
              <OpenIcon aria-hidden="true" /> {t('history.open')}
            </label>
          </span>
        </div>
        <SwitchField
          label={t('history.keep')}
          hint={t(history.isOn ? 'history.keepOn' : 'history.keepOff')}
          isOn={history.isOn}
          testId="history-switch"
          onChange={history.turn}
        />
        <p className={styles.problem} role="status" data-testid="history-problem">
          {(problem ?? history.hasFailed) && (
            <>
              <FailedIcon aria-hidden="true" />{' '}
              {problem ? `${problem.title}. ${problem.remedy}` : t('problem.history')}
            </>
          )}
        </p>
        {sessions?.length === 0 && <p className={styles.none}>{t('history.none')}</p>}
        {sessions && (
          <SessionList sessions={sessions} openKey={openKey} isBeside={isWide} onShow={setOpenKey} />
        )}
        {kept.length > 0 && (
          <button
            type="button"
            className={`btn btn-sm ser-button ${styles.removeAll}`}
            data-testid="remove-all-sessions"
            onClick={() => {
              setIsAsking(true);
            }}
          >
            {t('history.removeAll')}
          </button>
        )}
      </section>
      {isWide && (detail ? <div className={`card ser-card ${styles.detail}`}>{detail}</div> : trend)}
      {!isWide && isShown && open && (
        <Sheet
          label={sessionName(open)}
          backLabel={t('history.title')}
          testId="session-sheet"
          onClose={close}
        >
          {detail}
        </Sheet>
      )}
      {isAsking && (
        <ModalDialog
          title={t('history.removeAllTitle')}
          confirmLabel={t('history.removeAll')}
          cancelLabel={t('common.goBack')}
          testId="remove-all-dialog"
          onConfirm={() => {
            setIsAsking(false);
            setOpenKey(undefined);
            history.beginAnew();
            void removeAll().then(() => heading.current?.focus());
          }}
          onCancel={() => {
            setIsAsking(false);
          }}
        >
          <p className="mb-0">{t('history.removeAllWarning', { count: kept.length })}</p>
        </ModalDialog>
      )}
    </div>
  );
}
