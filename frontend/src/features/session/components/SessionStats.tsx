import { EmotionShares } from '@/components/EmotionShares';
import { formatDuration } from '@/lib/format';
import { useNow } from '../hooks/useNow';
import { durationS, isRunning, type Session } from '../lib/session';
import {
  distribution,
  emotionResults,
  noSpeechCount,
  uncertainCount,
} from '../lib/sessionViews';
import styles from './SessionStats.module.css';

interface FigureProps {
  label: string;
  value: string | number;
  testId: string;
}

function Figure({ label, value, testId }: FigureProps) {
  return (
    <div className={styles.figure}>
      <dt>{label}</dt>
      <dd data-testid={testId}>{value}</dd>
    </div>
  );
}

interface SessionStatsProps {
  session: Session;
  /** The emotions of the distribution, in this order. */
  emotions: string[];
}

export function SessionStats({ session, emotions }: SessionStatsProps) {
  const nowMs = useNow(isRunning(session));
  const results = emotionResults(session);
  return (
    <section className="card ser-card" aria-labelledby="stats-heading" data-testid="session-stats">
      <div className="card-body">
        <h2 className="h6 mb-3" id="stats-heading">
          This session
        </h2>
        <dl className={styles.figures}>
          <Figure
            label="Duration"
            value={formatDuration(durationS(session, nowMs))}
            testId="session-duration"
          />
          <Figure label="Predictions" value={results.length} testId="session-count" />
          <Figure label="Uncertain" value={uncertainCount(results)} testId="uncertain-count" />
          <Figure label="No speech" value={noSpeechCount(session)} testId="no-speech-count" />
          <Figure label="Skipped" value={session.skippedCount} testId="skipped-count" />
        </dl>
        <div className={styles.shares}>
          <EmotionShares
            label="Distribution of emotions"
            shares={distribution(results, emotions).map(({ count, ...share }) => ({
              ...share,
              amount: count,
            }))}
          />
        </div>
      </div>
    </section>
  );
}
