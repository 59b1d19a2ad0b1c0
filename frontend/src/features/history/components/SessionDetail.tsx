import { useEffect, useRef, useState } from 'react';
import BesideIcon from '~icons/lucide/columns-2';
import DownloadIcon from '~icons/lucide/download';
import RemoveIcon from '~icons/lucide/trash';
import CloseIcon from '~icons/lucide/x';
import { EmotionShares } from '@/components/EmotionShares';
import { Menu } from '@/components/Menu';
import { SideBySide, type Compared } from '@/components/SideBySide';
import { EmotionOverTime } from '@/features/session/components/EmotionOverTime';
import { saveSession, sessionFormats } from '@/features/session/lib/saveSession';
import type { SessionRecord } from '@/features/session/lib/sessionRecord';
import { emotionsOf } from '@/features/session/lib/sessionViews';
import { formatDuration, formatLength, formatPercent } from '@/lib/format';
import { t } from '@/lib/i18n';
import type { ListedSession } from '../hooks/useSessions';
import { sessionName, sessionTime } from '../lib/sessionName';
import { sharesOf, sumOf, uncertainShare } from '../lib/shares';
import { EmotionStrip } from './EmotionStrip';
import styles from './SessionDetail.module.css';

function compared(session: ListedSession): Compared {
  const { entry } = session;
  const sum = sumOf(entry.tallies);
  return {
    name: sessionName(session),
    head: <EmotionStrip sum={sum} />,
    lengths: t('history.lengths', {
      length: formatDuration(entry.durationS),
      speech: formatLength(sum.totalS),
      uncertain: formatLength(sum.uncertainS),
    }),
    shares: sharesOf(sum),
    uncertain: { share: uncertainShare(sum), amount: formatLength(sum.uncertainS) },
  };
}

function Facts({ session, record }: { session: ListedSession; record: SessionRecord }) {
  const { entry } = session;
  const models = [...new Set(entry.tallies.map(({ model }) => model))].filter((model) => model !== '');
  return (
    <p className={styles.facts}>
      {[
        ...(session.kind === 'kept' ? [] : [sessionTime(session)]),
        formatDuration(entry.durationS),
        t('session.results', { count: entry.resultCount }),
        t('session.uncertain', { count: entry.uncertainCount }),
        t('session.noSpeech', { count: record.noSpeechCount }),
        t('session.skipped', { count: record.skippedCount }),
        ...models,
      ].map((fact, i) => (
        <span key={i}>{fact}</span>
      ))}
    </p>
  );
}

interface SessionDetailProps {
  session: ListedSession;
  /** To compare with. */
  others: ListedSession[];
  /** Of a session that can be removed. */
  onRemove: (() => void) | undefined;
  /** Where it does not lie over what was there before. */
  onClose: (() => void) | undefined;
}

/** A session: emotions over time, and the seconds of each. */
export function SessionDetail({ session, others, onRemove, onClose }: SessionDetailProps) {
  const heading = useRef<HTMLHeadingElement>(null);
  const [read, setRead] = useState<SessionRecord | 'failed'>();
  const [otherKey, setOtherKey] = useState<string>();
  const other = others.find(({ key }) => key === otherKey);

  const { read: readIt } = session;
  useEffect(() => {
    let isGone = false;
    readIt().then(
      (record) => {
        if (!isGone) setRead(record);
      },
      () => {
        if (!isGone) setRead('failed');
      },
    );
    return () => {
      isGone = true;
    };
  }, [readIt]);
  const sum = sumOf(session.entry.tallies);
  const record = typeof read === 'object' ? read : undefined;

  return (
    <article className={styles.detail} data-testid="session-detail">
      <header className={styles.header}>
        <h2 ref={heading} className={styles.name} tabIndex={-1}>
          {sessionName(session)}
        </h2>
        <div className={styles.actions}>
          {others.length > 0 && (
            <Menu icon={BesideIcon} label={t('history.compare')} testId="compare-session">
              {others.map((each) => (
                <button
                  key={each.key}
                  type="button"
                  onClick={() => {
                    setOtherKey(each.key);
                    heading.current?.focus();
                  }}
                >
                  {sessionName(each)} ({formatDuration(each.entry.durationS)})
                </button>
              ))}
            </Menu>
          )}
          {record && (
            <Menu icon={DownloadIcon} label={t('session.export')} testId="export-kept">
              {sessionFormats.map((format) => (
                <button
                  key={format}
                  type="button"
                  data-testid={`export-kept-${format}`}
                  onClick={() => {
                    saveSession(format, record, session.entry.startedAtMs);
                  }}
                >
                  {format.toUpperCase()}
                </button>
              ))}
            </Menu>
          )}
          {onRemove && (
            <button
              type="button"
              className={`btn btn-sm ser-button ${styles.remove}`}
              aria-label={t('history.remove')}
              title={t('history.remove')}
              data-testid="remove-session"
              onClick={onRemove}
            >
              <RemoveIcon aria-hidden="true" />
            </button>
          )}
          {onClose && (
            <button
              type="button"
              className="btn btn-sm ser-button"
              aria-label={t('history.backToDays')}
              title={t('history.backToDays')}
              data-testid="close-session"
              onClick={onClose}
            >
              <CloseIcon aria-hidden="true" />
            </button>
          )}
        </div>
      </header>
      {read === 'failed' && <p role="status">{t('history.unreadable')}</p>}
      {record && <Facts session={session} record={record} />}
      {record && other && (
        <SideBySide
          caption={t('history.seconds')}
          compared={[compared(session), compared(other)]}
          onClose={() => {
            setOtherKey(undefined);
            heading.current?.focus();
          }}
        />
      )}
      {record && !other && (
        <>
          <EmotionOverTime
            results={record.results}
            leastS={record.durationS}
            emotions={emotionsOf(record.results, [])}
          />
          <section>
            <h3 className={styles.title}>{t('history.seconds')}</h3>
            <EmotionShares label={t('history.seconds')} shares={sharesOf(sum)} />
            {sum.uncertainS > 0 && (
              <p className={styles.uncertain}>
                {t('history.uncertain', {
                  length: formatLength(sum.uncertainS),
                  share: formatPercent(uncertainShare(sum)),
                })}
              </p>
            )}
          </section>
        </>
      )}
    </article>
  );
}
