import { EmotionCard } from '../components/EmotionCard';
import { ProbabilityBars } from '../components/ProbabilityBars';
import { StatusMessage } from '../components/StatusMessage';
import type { Moment } from '../features/live/lib/streamTransport';
import type { Prediction } from '../lib/apiSchemas';
import { formatMoment } from '../lib/format';
import styles from './ResultPanel.module.css';

interface ResultPanelProps {
  /** The last that was heard; without a prediction where that was no speech. */
  latest: { prediction: Prediction | null; endedAtMs: number } | undefined;
  isListening: boolean;
  /** `null` unless it streams. */
  moment: Moment | null;
}

/** Whether somebody is heard at this moment; the emotion is what is read out. */
function Presence({ isSpeaking }: Moment) {
  return (
    <span className={styles.presence} data-speaking={isSpeaking} data-testid="presence">
      {isSpeaking ? 'Speaking' : 'Quiet'}
    </span>
  );
}

function Content({ latest, isListening, moment }: ResultPanelProps) {
  if (!latest) {
    return isListening ? (
      <StatusMessage
        emoji="👂"
        title="Listening"
        detail={
          moment
            ? 'The first result comes after a second of speech.'
            : 'The first result comes a moment after 3 seconds.'
        }
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

export function ResultPanel(props: ResultPanelProps) {
  const { latest, moment } = props;
  return (
    <section className="card ser-card" aria-labelledby="result-heading" data-testid="result-panel">
      <div className={`card-body ${styles.body}`}>
        <div className={styles.heading}>
          <h2 className="h6" id="result-heading">
            Emotion
          </h2>
          <span className={styles.now}>
            {moment && <Presence {...moment} />}
            {latest && <span className={styles.time}>{formatMoment(latest.endedAtMs)}</span>}
          </span>
        </div>
        <div className={styles.content}>
          <Content {...props} />
        </div>
      </div>
    </section>
  );
}
