import { emotionStyle } from '@/lib/emotionAppearance';
import { EmotionFace } from './EmotionFace';
import { emotionName, t } from '@/lib/i18n';
import { formatPercent } from '@/lib/format';
import styles from './EmotionCard.module.css';
import { UncertainIcon } from './UncertainBadge';

interface EmotionCardProps {
  emotion: string;
  confidence: number;
  isUncertain?: boolean;
}

function Confidence({ confidence }: { confidence: number }) {
  return (
    <span>
      <span className={styles.confidence} data-testid="emotion-confidence">
        {formatPercent(confidence)}
      </span>{' '}
      {t('common.confidence')}
    </span>
  );
}

function Words({ emotion, confidence, isUncertain }: Required<EmotionCardProps>) {
  if (!isUncertain) {
    return (
      <>
        <p className={styles.name} data-testid="emotion-name">
          {emotionName(emotion)}
        </p>
        <p className={styles.detail}>
          <Confidence confidence={confidence} />
        </p>
      </>
    );
  }
  return (
    <>
      <p className={styles.name}>
        <UncertainIcon className={styles.icon} /> {t('common.uncertain')}
      </p>
      <p className={styles.detail}>
        <span>
          {t('common.maybe')}{' '}
          <span className={styles.guess} data-testid="emotion-name">
            {emotionName(emotion)}
          </span>
          ,
        </span>
        <Confidence confidence={confidence} />
      </p>
    </>
  );
}

export function EmotionCard({ emotion, confidence, isUncertain = false }: EmotionCardProps) {
  return (
    <div
      className={styles.card}
      style={emotionStyle(emotion)}
      data-uncertain={isUncertain}
      data-testid="emotion-card"
    >
      {/* The key makes a new element for a new emotion, which restarts the animation. */}
      <span key={emotion} className={styles.face} aria-hidden="true">
        <EmotionFace emotion={emotion} />
      </span>
      <div className={styles.words}>
        <Words emotion={emotion} confidence={confidence} isUncertain={isUncertain} />
      </div>
    </div>
  );
}
