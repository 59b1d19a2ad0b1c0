import Ear from '~icons/lucide/ear';
import Headphones from '~icons/lucide/headphones';
import VolumeX from '~icons/lucide/volume-x';
import type { ReactNode } from 'react';
import { EmotionCard } from '@/components/EmotionCard';
import { ExpressionSummary } from '@/components/ExpressionSummary';
import { ProbabilityBars } from '@/components/ProbabilityBars';
import { StatusMessage } from '@/components/StatusMessage';
import type { StreamStatus } from '@/features/live/lib/streamTransport';
import type { Prediction } from '@/lib/apiSchemas';
import { formatTimestamp } from '@/lib/format';
import styles from './ResultPanel.module.css';

interface ResultPanelProps {
  /** The newest result; `prediction` is `null` where there was no speech. */
  latest: { prediction: Prediction | null; endedAtMs: number } | undefined;
  isListening: boolean;
  /** `null` unless the page streams. */
  streamStatus: StreamStatus | null;
  /** Whether the chosen model answers with an intensity. */
  tellsIntensity: boolean;
  /** What is to be known about the results. */
  note: ReactNode;
}

type ContentProps = Omit<ResultPanelProps, 'note' | 'tellsIntensity'>;

/** Whether somebody speaks now. Not a live region: screen readers announce the emotion only. */
function SpeechIndicator({ isSpeaking }: StreamStatus) {
  return (
    <span className={styles.presence} data-speaking={isSpeaking} data-testid="presence">
      {isSpeaking ? 'Speech' : 'No speech'}
    </span>
  );
}

function Content({ latest, isListening, streamStatus }: ContentProps) {
  if (!latest) {
    return isListening ? (
      <StatusMessage
        icon={Ear}
        title="Listening"
        detail={
          streamStatus
            ? 'The first result comes after 1 second of speech.'
            : 'The first result comes after 3 seconds.'
        }
      />
    ) : (
      <StatusMessage
        icon={Headphones}
        title="No result yet"
        detail="Start listening and speak: the emotion appears here."
      />
    );
  }
  if (!latest.prediction) {
    return (
      <StatusMessage
        icon={VolumeX}
        title="No speech"
        detail={isListening ? 'No speech in the last seconds.' : 'No speech in the last seconds.'}
      />
    );
  }
  const { emotion, confidence, probabilities, low_information } = latest.prediction;
  return (
    <div className={styles.result}>
      <EmotionCard
        emotion={emotion}
        confidence={confidence}
        isUncertain={low_information ?? false}
      />
      <ProbabilityBars probabilities={probabilities} />
      <ExpressionSummary
        answer={latest.prediction}
        isUncertain={low_information ?? false}
        source="probabilities"
      />
    </div>
  );
}

export function ResultPanel({ note, tellsIntensity, ...props }: ResultPanelProps) {
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
        <div className={styles.content} data-tells-intensity={tellsIntensity}>
          <Content {...props} />
        </div>
        {note}
      </div>
    </section>
  );
}
