import { formatClock, formatDay } from '@/lib/format';
import { t } from '@/lib/i18n';
import type { ListedSession } from '../hooks/useSessions';

/** When a session began. */
export function sessionTime({ entry: { startedAtMs } }: ListedSession): string {
  return t('history.at', { time: formatClock(startedAtMs), day: formatDay(startedAtMs) });
}

/** What a session is called. */
export function sessionName(session: ListedSession): string {
  if (session.kind === 'live') return t('history.live');
  return session.name ?? sessionTime(session);
}
