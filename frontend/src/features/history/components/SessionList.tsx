import FileIcon from '~icons/lucide/file-json';
import LiveIcon from '~icons/lucide/mic';
import { EmotionLabel } from '@/components/EmotionLabel';
import { formatClock, formatDay, formatDuration, formatPercent } from '@/lib/format';
import { t } from '@/lib/i18n';
import { moveFocus } from '@/lib/moveFocus';
import type { ListedSession } from '../hooks/useSessions';
import { sessionTime } from '../lib/sessionName';
import { sumOf, topShare, uncertainShare } from '../lib/shares';
import { EmotionStrip } from './EmotionStrip';
import styles from './SessionList.module.css';

interface RowProps {
  session: ListedSession;
  isOpen: boolean;
  /** Whether the Tab key stops here; arrow keys reach the other rows. */
  isReachable: boolean;
  onShow: () => void;
}

function Row({ session, isOpen, isReachable, onShow }: RowProps) {
  const { kind, name, entry } = session;
  const sum = sumOf(entry.tallies);
  const top = topShare(sum);
  return (
    <li className={styles.row} data-open={isOpen} data-kind={kind} data-testid="session-item">
      <div className={styles.heading}>
        <button
          type="button"
          className={styles.name}
          tabIndex={isReachable ? 0 : -1}
          aria-current={isOpen ? 'true' : undefined}
          data-key={session.key}
          data-testid="show-session"
          onClick={onShow}
        >
          {kind === 'live' && <LiveIcon aria-hidden="true" />}
          {kind === 'file' && <FileIcon aria-hidden="true" />}
          <span className={styles.title}>
            {kind === 'live' ? t('history.live') : (name ?? formatClock(entry.startedAtMs))}
          </span>
        </button>
        <span className={styles.length}>{formatDuration(entry.durationS)}</span>
      </div>
      {kind === 'file' && <span className={styles.length}>{sessionTime(session)}</span>}
      <EmotionStrip sum={sum} />
      <div className={styles.mostly}>
        {top ? <EmotionLabel emotion={top.emotion} /> : t('common.uncertain')}{' '}
        {formatPercent(top?.share ?? uncertainShare(sum))}
        <span className={styles.count}>{t('session.results', { count: entry.resultCount })}</span>
      </div>
    </li>
  );
}

interface Group {
  title: string;
  sessions: ListedSession[];
}

function groupTitle({ kind, entry }: ListedSession): string {
  if (kind === 'live') return t('history.now');
  return kind === 'file' ? t('history.files') : formatDay(entry.startedAtMs);
}

/** By day; what goes on, and what was opened, stands first. */
function grouped(sessions: ListedSession[]): Group[] {
  const groups: Group[] = [];
  for (const session of sessions) {
    const title = groupTitle(session);
    const last = groups.at(-1);
    if (last?.title === title) last.sessions.push(session);
    else groups.push({ title, sessions: [session] });
  }
  return groups;
}

interface SessionListProps {
  sessions: ListedSession[];
  openKey: string | undefined;
  /** Details stand beside the list: arrow keys show them, too. */
  isBeside: boolean;
  onShow: (key: string) => void;
}

/** All sessions by day; arrow keys move between them. */
export function SessionList({ sessions, openKey, isBeside, onShow }: SessionListProps) {
  const isOpenListed = sessions.some(({ key }) => key === openKey);
  const reachableKey = isOpenListed ? openKey : sessions[0]?.key;
  return (
    // Arrow keys move between the buttons of the rows.
    // eslint-disable-next-line jsx-a11y/no-static-element-interactions
    <div
      className={styles.list}
      data-testid="session-list"
      onKeyDown={(event) => {
        const row = moveFocus(event, '[data-key]');
        if (isBeside && row?.dataset.key !== undefined) onShow(row.dataset.key);
      }}
    >
      {grouped(sessions).map(({ title, sessions: of }) => (
        <section key={title} aria-label={title}>
          <h3 className={styles.day}>{title}</h3>
          <ul className={styles.rows}>
            {of.map((session) => (
              <Row
                key={session.key}
                session={session}
                isOpen={session.key === openKey}
                isReachable={session.key === reachableKey}
                onShow={() => {
                  onShow(session.key);
                }}
              />
            ))}
          </ul>
        </section>
      ))}
    </div>
  );
}
