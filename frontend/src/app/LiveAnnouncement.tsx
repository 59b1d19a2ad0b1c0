import type { Session } from '../features/session/lib/session';
import { latestNews } from '../features/session/lib/sessionViews';
import { formatPercent } from '../lib/format';

function words(session: Session): string {
  const news = latestNews(session);
  if (!news) return '';
  if (!news.prediction) return 'No speech';
  const { emotion, confidence, low_information } = news.prediction;
  const doubt = low_information ? ', uncertain' : '';
  return `${emotion}, ${formatPercent(confidence)} confidence${doubt}`;
}

/** Reads out what is heard when it changes, and is quiet while it stays the same. */
export function LiveAnnouncement({ session }: { session: Session }) {
  return (
    <p className="visually-hidden" role="status" aria-live="polite" data-testid="live-announcement">
      {words(session)}
    </p>
  );
}
