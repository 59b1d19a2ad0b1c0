import { memo } from 'react';
import { EmotionLabel } from '../../../components/EmotionLabel';
import { emotionStyle } from '../../../lib/emotionAppearance';
import { formatClock, formatPercent } from '../../../lib/format';
import type { HeardEmotion } from '../lib/session';
import styles from './Timeline.module.css';

const Entry = memo(function Entry({ heard: { endedAtMs, prediction } }: { heard: HeardEmotion }) {
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
  heard: HeardEmotion[];
}

export function Timeline({ heard }: TimelineProps) {
  return (
    <section className="card ser-card" aria-labelledby="timeline-heading" data-testid="timeline">
      <div className="card-body">
        <h2 className="h6 mb-3" id="timeline-heading">
          Timeline
        </h2>
        <div
          className={styles.scroller}
          role="group"
          aria-label="Emotions heard, the newest first"
          // What scrolls must be reachable by keyboard to be scrolled by keyboard.
          // eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex
          tabIndex={0}
        >
          {heard.length === 0 ? (
            <p className={styles.empty}>What is heard appears here, the newest on top.</p>
          ) : (
            <ol className={styles.entries} reversed>
              {heard.toReversed().map((entry) => (
                <Entry key={entry.id} heard={entry} />
              ))}
            </ol>
          )}
        </div>
      </div>
    </section>
  );
}
