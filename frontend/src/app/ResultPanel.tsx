import { EmotionCard } from '../components/EmotionCard';
import { ProbabilityBars } from '../components/ProbabilityBars';
import { StatusMessage } from '../components/StatusMessage';
import type { Heard } from '../features/session/lib/session';
import { formatMoment } from '../lib/format';
import styles from './ResultPanel.module.css';

interface ResultPanelProps {
  /** The last chunk that was heard. */
  latest: Heard | undefined;
  isListening: boolean;
}

function Content({ latest, isListening }: ResultPanelProps) {
  if (!latest) {
    return isListening ? (
      <StatusMessage
        emoji="👂"
        title="Listening"
        detail="The first result comes a moment after 3 seconds."
      />
    ) : (
      <StatusMessage
        emoji="🎧"
        title="Nothing heard yet"
        detail="Start listening, speak, and the emotion of your voice appears here."
      />
    );
  }
  if (!latest.prediction) {
    return (
      <StatusMessage
        emoji="🤫"
        title="No speech"
        detail={isListening ? 'All calm. Speak whenever you like.' : 'The last seconds were quiet.'}
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
    </div>
  );
}

export function ResultPanel({ latest, isListening }: ResultPanelProps) {
  return (
    <section className="card ser-card" aria-labelledby="result-heading" data-testid="result-panel">
      <div className={`card-body ${styles.body}`}>
        <div className={styles.heading}>
          <h2 className="h6" id="result-heading">
            Emotion
          </h2>
          {latest && <span className={styles.time}>{formatMoment(latest.endedAtMs)}</span>}
        </div>
        <div className={styles.content}>
          <Content latest={latest} isListening={isListening} />
        </div>
      </div>
    </section>
  );
}
