import { emotionStyle } from '@/lib/emotionAppearance';
import { formatPercent } from '@/lib/format';
import { emotionName, t } from '@/lib/i18n';
import type { Session } from '../lib/session';
import {
  distribution,
  emotionResults,
  noSpeechCount,
  uncertainCount,
} from '../lib/sessionViews';
import styles from './SessionSummary.module.css';

interface SessionSummaryProps {
  session: Session;
  /** The emotions of the distribution, in this order where they are equally frequent. */
  emotions: string[];
}

/** The session in one line: what was counted, then the emotions, the most frequent first. */
export function SessionSummary({ session, emotions }: SessionSummaryProps) {
  const results = emotionResults(session);
  const shares = distribution(results, emotions)
    .filter(({ count }) => count > 0)
    .sort((one, other) => other.count - one.count);
  return (
    <div className={styles.summary} data-testid="session-stats">
      <h2 className="visually-hidden" id="session-heading">
        {t('session.title')}
      </h2>
      <p className={styles.counts}>
        <span data-testid="session-count" data-count={results.length}>
          {t('session.results', { count: results.length })}
        </span>
        <span data-testid="uncertain-count" data-count={uncertainCount(results)}>
          {t('session.uncertain', { count: uncertainCount(results) })}
        </span>
        <span data-testid="no-speech-count" data-count={noSpeechCount(session)}>
          {t('session.noSpeech', { count: noSpeechCount(session) })}
        </span>
        <span data-testid="skipped-count" data-count={session.skippedCount}>
          {t('session.skipped', { count: session.skippedCount })}
        </span>
      </p>
      <ul className={styles.shares} aria-label={t('session.distribution')}>
        {shares.map(({ emotion, count, share }) => (
          <li
            key={emotion}
            style={emotionStyle(emotion)}
            title={t('session.results', { count })}
            data-testid={`share-${emotion}`}
          >
            {emotionName(emotion)} <strong>{formatPercent(share)}</strong>
          </li>
        ))}
      </ul>
    </div>
  );
}
