import { memo } from 'react';
import { EmotionLabel } from '@/components/EmotionLabel';
import { emotionStyle } from '@/lib/emotionAppearance';
import { formatClock, formatPercent } from '@/lib/format';
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
    <section className="card ser-card" aria-labelledby="timeline-heading" data-testid="timeline">
      <div className="card-body">
        <h2 className="h6 mb-3" id="timeline-heading">
          Timeline
        </h2>
        <div
          className={styles.scroller}
          role="group"
          aria-label="Results, newest first"
          // A scroller must be focusable to be scrolled by keyboard.
          // eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex
          tabIndex={0}
        >
          {results.length === 0 ? (
            <p className={styles.empty}>Results appear here, newest first.</p>
          ) : (
            <ol className={styles.entries} reversed>
              {results.toReversed().map((entry) => (
                <Entry key={entry.id} results={entry} />
              ))}
            </ol>
          )}
        </div>
      </div>
    </section>
  );
}
