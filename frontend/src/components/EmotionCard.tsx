import { emotionAppearance, emotionStyle } from '../lib/emotionAppearance';
import { formatPercent } from '../lib/format';
import styles from './EmotionCard.module.css';

interface EmotionCardProps {
  emotion: string;
  confidence: number;
}

export function EmotionCard({ emotion, confidence }: EmotionCardProps) {
  return (
    <div className={styles.card} style={emotionStyle(emotion)}>
      <span className={styles.emoji} aria-hidden="true">
        {emotionAppearance(emotion).emoji}
      </span>
      <div className={styles.words}>
        <p className={styles.name} data-testid="emotion-name">
          {emotion}
        </p>
        <p className="mb-0 text-body-secondary">
          <span className={styles.confidence} data-testid="emotion-confidence">
            {formatPercent(confidence)}
          </span>{' '}
          confidence
        </p>
      </div>
    </div>
  );
}
