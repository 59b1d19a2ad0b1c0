import { useEffect, useRef, useState, type CSSProperties } from 'react';
import { UncertainBadge } from '@/components/UncertainBadge';
import { EmotionLabel } from '@/components/EmotionLabel';
import { formatCount } from '@/lib/format';
import type { SessionResult, EmotionResult, Session } from '../lib/session';
import type { SessionChart } from '../lib/sessionChart';
import {
  distribution,
  emotionResults,
  uncertainCount,
  type EmotionShare,
} from '../lib/sessionViews';
import styles from './EmotionOverTime.module.css';

interface EmotionOverTimeProps {
  session: Session;
  /** One lane each, from top to bottom. */
  emotions: string[];
}

function summary(results: EmotionResult[], shares: EmotionShare[]): string {
  const count = results.length;
  if (count === 0) return 'No results yet.';
  const most = shares.reduce((top, share) => (share.count > top.count ? share : top));
  const uncertain = uncertainCount(results);
  const doubt = uncertain > 0 ? `, ${uncertain} of them uncertain` : '';
  return (
    `Probability of each emotion over ${formatCount(count, 'prediction')}${doubt}; ` +
    `most often ${most.emotion}, ${formatCount(most.count, 'time')}. The timeline lists them.`
  );
}

function laneCount(count: number): CSSProperties {
  return { '--lanes': count } as CSSProperties;
}

function useSessionChart(results: SessionResult[], emotions: string[]) {
  const container = useRef<HTMLDivElement>(null);
  const chart = useRef<SessionChart>(null);
  const latestResults = useRef(results);
  const [isMissing, setIsMissing] = useState(false);
  const emotionsKey = JSON.stringify(emotions);

  useEffect(() => {
    latestResults.current = results;
    chart.current?.update(results);
  }, [results]);

  useEffect(() => {
    const element = container.current;
    let isGone = false;
    import('../lib/sessionChart').then(
      ({ drawSessionChart }) => {
        if (isGone || !element) return;
        setIsMissing(false);
        chart.current = drawSessionChart(element, JSON.parse(emotionsKey) as string[]);
        chart.current.update(latestResults.current);
      },
      () => {
        if (!isGone) setIsMissing(true);
      },
    );
    return () => {
      isGone = true;
      chart.current?.destroy();
      chart.current = null;
    };
  }, [emotionsKey]);

  return { container, isMissing };
}

export function EmotionOverTime({ session, emotions }: EmotionOverTimeProps) {
  const { container, isMissing } = useSessionChart(session.results, emotions);
  const results = emotionResults(session);
  return (
    <section
      className="card ser-card"
      aria-labelledby="chart-heading"
      data-testid="emotion-over-time"
    >
      <div className={`card-body ${styles.body}`}>
        <div className={styles.heading}>
          <h2 className="h6" id="chart-heading">
            Emotion over time
          </h2>
          {uncertainCount(results) > 0 && (
            <span className={styles.legend}>
              <span className={styles.hatched} aria-hidden="true" /> <UncertainBadge />
            </span>
          )}
        </div>
        {isMissing && (
          <p className="text-body-secondary small">
            The chart could not be loaded. Reload the page to see it.
          </p>
        )}
        <div className={styles.chart} style={laneCount(emotions.length)}>
          <ul className={styles.lanes} aria-hidden="true">
            {emotions.map((emotion) => (
              <li key={emotion}>
                <EmotionLabel emotion={emotion} />
              </li>
            ))}
          </ul>
          <div
            ref={container}
            role="img"
            aria-label={summary(results, distribution(results, emotions))}
            className={styles.canvas}
          />
        </div>
      </div>
    </section>
  );
}
