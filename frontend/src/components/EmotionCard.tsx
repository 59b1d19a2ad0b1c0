import { emotionAppearance, emotionStyle } from '../lib/emotionAppearance';
import { formatPercent } from '../lib/format';
import styles from './EmotionCard.module.css';
import { UncertainBadge } from './UncertainBadge';

interface EmotionCardProps {
  emotion: string;
  confidence: number;
  isUncertain?: boolean;
}

export function EmotionCard({ emotion, confidence, isUncertain = false }: EmotionCardProps) {
  return (
    <div className={styles.card} style={emotionStyle(emotion)} data-testid="emotion-card">
      {/* A new emotion is a new element, which comes in anew. */}
      <span key={emotion} className={styles.emoji} aria-hidden="true">
        {emotionAppearance(emotion).emoji}
      </span>
      <div className={styles.words}>
        <p className={styles.name} data-testid="emotion-name">
          {emotion}
        </p>
        <p className={styles.detail}>
          <span>
            <span className={styles.confidence} data-testid="emotion-confidence">
              {formatPercent(confidence)}
            </span>{' '}
            confidence
          </span>
          {isUncertain && <UncertainBadge />}
        </p>
      </div>
    </div>
  );
}
