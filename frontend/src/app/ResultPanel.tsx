import type { ReactNode } from 'react';
import { AffectSummary } from '../components/AffectSummary';
import { EmotionCard } from '../components/EmotionCard';
import { ProbabilityBars } from '../components/ProbabilityBars';
import { StatusMessage } from '../components/StatusMessage';
import type { StreamStatus } from '../features/live/lib/streamTransport';
import { affectOf } from '../lib/affect';
import type { Prediction } from '../lib/apiSchemas';
import { formatTimestamp } from '../lib/format';
import styles from './ResultPanel.module.css';

interface ResultPanelProps {
  /** The newest result; `prediction` is `null` where there was no speech. */
  latest: { prediction: Prediction | null; endedAtMs: number } | undefined;
  isListening: boolean;
  /** `null` unless the page streams. */
  streamStatus: StreamStatus | null;
  /** What is to be known about the results. */
  note: ReactNode;
}

/** Whether somebody speaks now. Not a live region: screen readers announce the emotion only. */
function SpeechIndicator({ isSpeaking }: StreamStatus) {
  return (
    <span className={styles.presence} data-speaking={isSpeaking} data-testid="presence">
      {isSpeaking ? 'Speech' : 'No speech'}
    </span>
  );
}

function Content({ latest, isListening, streamStatus }: Omit<ResultPanelProps, 'note'>) {
  if (!latest) {
    return isListening ? (
      <StatusMessage
        emoji="👂"
        title="Listening"
        detail={
          streamStatus
            ? 'The first result comes after 1 second of speech.'
            : 'The first result comes after 3 seconds.'
        }
      />
    ) : (
      <StatusMessage
        emoji="🎧"
        title="No result yet"
        detail="Start listening and speak: the emotion appears here."
      />
    );
  }
  if (!latest.prediction) {
    return (
      <StatusMessage
        emoji="🤫"
        title="No speech"
        detail={isListening ? 'No speech in the last seconds.' : 'No speech in the last seconds.'}
      />
    );
  }
  const { emotion, confidence, probabilities, low_information } = latest.prediction;
  const affect = affectOf(latest.prediction);
  return (
    <div className={styles.result}>
      <EmotionCard
        emotion={emotion}
        confidence={confidence}
        isUncertain={low_information ?? false}
      />
      <ProbabilityBars probabilities={probabilities} />
      {affect && (
        <AffectSummary
          {...affect}
          isUncertain={low_information ?? false}
          source="probabilities"
        />
      )}
    </div>
  );
}

export function ResultPanel({ note, ...props }: ResultPanelProps) {
  const { latest, streamStatus } = props;
  return (
    <section className="card ser-card" aria-labelledby="result-heading" data-testid="result-panel">
      <div className={`card-body ${styles.body}`}>
        <div className={styles.heading}>
          <h2 className="h6" id="result-heading">
            Emotion
          </h2>
          <span className={styles.now}>
            {streamStatus && <SpeechIndicator {...streamStatus} />}
            {latest && <span className={styles.time}>{formatTimestamp(latest.endedAtMs)}</span>}
          </span>
        </div>
        <div className={styles.content}>
          <Content {...props} />
        </div>
        {note}
      </div>
    </section>
  );
}
