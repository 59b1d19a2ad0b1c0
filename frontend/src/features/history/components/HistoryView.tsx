import { useMemo, useRef, useState, type ChangeEvent } from 'react';
import OpenIcon from '~icons/lucide/folder-open';
import FailedIcon from '~icons/lucide/triangle-alert';
import { ModalDialog } from '@/components/ModalDialog';
import { Sheet } from '@/components/Sheet';
import { SwitchField } from '@/components/SwitchField';
import type { Session } from '@/features/session/lib/session';
import { recordOf } from '@/features/session/lib/sessionRecord';
import { t } from '@/lib/i18n';
import { useIsPageAtLeast, WIDE_REM } from '@/lib/usePageWidth';
import { useUrlValue } from '@/lib/urlState';
import type { HistoryControl } from '../hooks/useHistory';
import { useSessions, type ListedSession } from '../hooks/useSessions';
import { sessionName } from '../lib/sessionName';
import { isOfDay } from '../lib/trend';
import styles from './HistoryView.module.css';
import { DayFilter } from './DayFilter';
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
  const isWide = useIsPageAtLeast(WIDE_REM);
  const [openKey, setOpenKey] = useUrlValue('session', { hasHistory: true });
  const [removing, setRemoving] = useState<{ key?: string }>();
  const [dayMs, setDayMs] = useState<number>();
  // A running session is as long as its results: the page need not count the seconds.
  const nowMs = session.results.at(-1)?.endedAtMs ?? 0;
  const live = useMemo(() => recordOf(session, nowMs), [session, nowMs]);
  const { keptKey, keptCount } = history;
  const control = useSessions({ live, keptKey, keptCount, isShown });
  const { sessions, kept, readAtMs, storageProblem, fileProblems, openFiles, remove, removeAll } = control;
  const open = sessions?.find(({ key }) => key === openKey);
  const listed =
    dayMs === undefined ? sessions : sessions?.filter(({ entry }) => isOfDay(entry, dayMs));

  const choose = ({ currentTarget }: ChangeEvent<HTMLInputElement>) => {
    const files = [...(currentTarget.files ?? [])];
    // Otherwise choosing the same file again would fire no event.
    currentTarget.value = '';
    void openFiles(files).then((key) => {
      if (key === undefined) return;
      setOpenKey(key);
      // They may be of another day.
      setDayMs(undefined);
    });
  };

  const focusHeading = () => heading.current?.focus();
  const close = () => {
    setOpenKey(undefined);
    // The button disappears; the keyboard focus must not. A sheet gives it back by itself.
    if (isWide) focusHeading();
  };
  const removeNow = async (key: string | undefined) => {
    setRemoving(undefined);
    setOpenKey(undefined);
    if (key === undefined) {
      history.forgetAll();
      setDayMs(undefined);
      await removeAll();
    } else {
      if (key === keptKey) history.forgetSession();
      await remove(key);
    }
    focusHeading();
  };
  const canRemove = ({ kind }: ListedSession) => kind !== 'live' || keptKey !== undefined;
  const askToRemove = ({ key, kind }: ListedSession) => {
    // What is in a file stays there.
    if (kind === 'file') void removeNow(key);
    else setRemoving({ key: (kind === 'live' ? keptKey : undefined) ?? key });
  };

  const trend = <Trend entries={kept} nowMs={readAtMs} chosenMs={dayMs} onChoose={setDayMs} />;
  const detail = open && sessions && (
    <SessionDetail
      key={open.key}
      session={open}
      others={sessions.filter((other) => other !== open)}
      onRemove={
        canRemove(open)
          ? () => {
              askToRemove(open);
            }
          : undefined
      }
      onClose={isWide ? close : undefined}
    />
  );
  const problems = [
    ...fileProblems.map(({ name, problem }) => `${name}: ${problem.title}. ${problem.remedy}`),
    ...(storageProblem && history.isOn ? [`${storageProblem.title}. ${storageProblem.remedy}`] : []),
    ...(history.hasFailed && !storageProblem
      ? [`${t('problem.history')}. ${t('problem.history.remedy')}`]
      : []),
  ];

  return (
    <div className={styles.view} data-testid="history-view">
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
        <div role="status" data-testid="history-problem">
          {problems.map((problem) => (
            <p key={problem} className={styles.problem}>
              <FailedIcon aria-hidden="true" /> {problem}
            </p>
          ))}
        </div>
        {!isWide && kept.length > 0 && trend}
        {sessions?.length === 0 && <p className={styles.none}>{t('history.none')}</p>}
        {sessions && dayMs !== undefined && (
          <DayFilter
            dayMs={dayMs}
            entries={sessions.map(({ entry }) => entry)}
            onChoose={setDayMs}
            onClear={() => {
              setDayMs(undefined);
              focusHeading();
            }}
          />
        )}
        {listed && (
          <SessionList sessions={listed} openKey={openKey} isBeside={isWide} onShow={setOpenKey} />
        )}
        {kept.length > 0 && (
          <button
            type="button"
            className={`btn btn-sm ser-button ${styles.removeAll}`}
            data-testid="remove-all-sessions"
            onClick={() => {
              setRemoving({});
            }}
          >
            {t('history.removeAll')}
          </button>
        )}
      </section>
      {isWide && <div className={`card ser-card ${styles.detail}`}>{detail ?? trend}</div>}
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
      {removing && (
        <ModalDialog
          title={t(removing.key === undefined ? 'history.removeAllTitle' : 'history.removeTitle')}
          confirmLabel={t(removing.key === undefined ? 'history.removeAll' : 'history.remove')}
          cancelLabel={t('common.goBack')}
          testId="remove-dialog"
          onConfirm={() => void removeNow(removing.key)}
          onCancel={() => {
            setRemoving(undefined);
          }}
        >
          <p className="mb-0">
            {removing.key === undefined
              ? t('history.removeAllWarning', { count: kept.length })
              : t('history.removeWarning')}
          </p>
        </ModalDialog>
      )}
    </div>
  );
}
