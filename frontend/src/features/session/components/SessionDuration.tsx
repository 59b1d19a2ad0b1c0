import { formatDuration } from '@/lib/format';
import { t } from '@/lib/i18n';
import { useNow } from '../hooks/useNow';
import { durationS, isRunning, type Session } from '../lib/session';

/** How long the user has listened, counted while they do. */
export function SessionDuration({ session }: { session: Session }) {
  const nowMs = useNow(isRunning(session));
  return (
    <span role="timer" aria-label={t('session.duration')} data-testid="session-duration">
      {formatDuration(durationS(session, nowMs))}
    </span>
  );
}
