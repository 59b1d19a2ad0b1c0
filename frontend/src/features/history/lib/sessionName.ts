import { formatClock, formatDay } from '@/lib/format';
import { t } from '@/lib/i18n';
import type { ListedSession } from '../hooks/useSessions';

/** What a session is called. */
export function sessionName({ kind, name, entry }: ListedSession): string {
  if (kind === 'live') return t('history.live');
  return name ?? t('history.at', { day: formatDay(entry.startedAtMs), time: formatClock(entry.startedAtMs) });
}
