import { useEffect, useRef, useState } from 'react';
import BesideIcon from '~icons/lucide/columns-2';
import DownloadIcon from '~icons/lucide/download';
import RemoveIcon from '~icons/lucide/trash';
import CloseIcon from '~icons/lucide/x';
import { EmotionShares } from '@/components/EmotionShares';
import { Menu } from '@/components/Menu';
import { SideBySide, type Compared } from '@/components/SideBySide';
import { EmotionOverTime } from '@/features/session/components/EmotionOverTime';
import { exportFileName, toCsv, toJson } from '@/features/session/lib/exportSession';
import type { SessionRecord } from '@/features/session/lib/sessionRecord';
import { download } from '@/lib/download';
import { formatDuration, formatLength, formatPercent } from '@/lib/format';
import { t } from '@/lib/i18n';
import type { ListedSession } from '../hooks/useSessions';
import { emotionsOfRecord, type HistoryEntry } from '../lib/entry';
import { sessionName } from '../lib/sessionName';
import { sharesOf, sumOf } from '../lib/shares';
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
  };
}

function Facts({ session: { entry }, record }: { session: ListedSession; record: SessionRecord }) {
  const models = entry.tallies.map(({ model }) => model).filter((model) => model !== '');
  return (
    <p className={styles.facts}>
      {[
        formatDuration(entry.durationS),
        t('session.results', { count: entry.resultCount }),
        t('session.uncertain', { count: entry.uncertainCount }),
        t('session.noSpeech', { count: record.noSpeechCount }),
        ...models,
      ].map((fact, i) => (
        <span key={i}>{fact}</span>
      ))}
    </p>
  );
}

function save(format: 'csv' | 'json', record: SessionRecord, { startedAtMs }: HistoryEntry) {
  const name = exportFileName(format, startedAtMs);
  if (format === 'csv') download(toCsv(record), name, 'text/csv;charset=utf-8');
  else download(toJson(record, Date.now()), name, 'application/json');
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
                  }}
                >
                  {sessionName(each)} ({formatDuration(each.entry.durationS)})
                </button>
              ))}
            </Menu>
          )}
          {record && (
            <Menu icon={DownloadIcon} label={t('session.export')} testId="export-kept">
              {(['csv', 'json'] as const).map((format) => (
                <button
                  key={format}
                  type="button"
                  data-testid={`export-kept-${format}`}
                  onClick={() => {
                    save(format, record, session.entry);
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
              className="btn btn-sm ser-button"
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
            emotions={emotionsOfRecord(record)}
          />
          <section>
            <h3 className={styles.title}>{t('history.seconds')}</h3>
            <EmotionShares label={t('history.seconds')} shares={sharesOf(sum)} />
            {sum.uncertainS > 0 && (
              <p className={styles.uncertain}>
                {t('history.uncertain', {
                  length: formatLength(sum.uncertainS),
                  share: formatPercent(sum.uncertainS / sum.totalS),
                })}
              </p>
            )}
          </section>
        </>
      )}
    </article>
  );
}
