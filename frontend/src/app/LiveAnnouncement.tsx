import type { Session } from '../features/session/lib/session';
import { latestNews } from '../features/session/lib/sessionViews';
import { predictionWords } from '../lib/predictionWords';

function words(session: Session): string {
  const news = latestNews(session);
  if (!news) return '';
  return news.prediction ? predictionWords(news.prediction) : 'No speech';
}

/** Reads out what is heard when it changes, and is quiet while it stays the same. */
export function LiveAnnouncement({ session }: { session: Session }) {
  return (
    <p className="visually-hidden" role="status" aria-live="polite" data-testid="live-announcement">
      {words(session)}
    </p>
  );
}
