import { memo } from 'react';
import { EmotionLabel } from '@/components/EmotionLabel';
import { emotionStyle } from '@/lib/emotionAppearance';
import { formatClock, formatPercent } from '@/lib/format';
import { t } from '@/lib/i18n';
import type { EmotionResult } from '../lib/session';
import styles from './Timeline.module.css';

const Entry = memo(function Entry({ results: { endedAtMs, prediction } }: { results: EmotionResult }) {
  const { emotion, confidence, low_information } = prediction;
  return (
    <li className={styles.entry} style={emotionStyle(emotion)} data-testid="timeline-entry">
      <time className={styles.time} dateTime={new Date(endedAtMs).toISOString()}>
        {formatClock(endedAtMs)}
      </time>
      <EmotionLabel emotion={emotion} isUncertain={low_information ?? false} />
      <span className={styles.confidence}>{formatPercent(confidence)}</span>
    </li>
  );
});

interface TimelineProps {
  /** Oldest first; shown newest first. */
  results: EmotionResult[];
}

export function Timeline({ results }: TimelineProps) {
  return (
    <section
      className={`ser-panel ${styles.panel}`}
      aria-labelledby="timeline-heading"
      data-testid="timeline"
    >
      <h2 className="h6" id="timeline-heading">
        {t('session.recent')}
      </h2>
      <div
        className={styles.scroller}
        role="group"
        aria-label={t('session.newestFirst')}
        // A scroller must be focusable to be scrolled by keyboard.
        // eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex
        tabIndex={0}
      >
        {results.length === 0 ? (
          <p className={styles.empty}>{t('session.recentEmpty')}</p>
        ) : (
          <ol className={styles.entries} reversed>
            {results.toReversed().map((entry) => (
              <Entry key={entry.id} results={entry} />
            ))}
          </ol>
        )}
      </div>
    </section>
  );
}
