import type { Session } from '@/features/session/lib/session';
import { latestChange } from '@/features/session/lib/sessionViews';
import { t } from '@/lib/i18n';
import { predictionText } from '@/lib/predictionText';

function words(session: Session): string {
  const news = latestChange(session);
  if (!news) return '';
  return news.prediction ? predictionText(news.prediction) : t('live.noSpeech');
}

/** Lets a screen reader announce each change of emotion. */
export function LiveAnnouncement({ session }: { session: Session }) {
  return (
    <p className="visually-hidden" role="status" aria-live="polite" data-testid="live-announcement">
      {words(session)}
    </p>
  );
}
