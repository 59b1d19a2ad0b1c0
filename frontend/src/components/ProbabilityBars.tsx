import { emotionStyle } from '@/lib/emotionAppearance';
import { emotionName, t } from '@/lib/i18n';
import { formatPercent } from '@/lib/format';
import { EmotionBar } from './EmotionBar';
import styles from './ProbabilityBars.module.css';

interface ProbabilityBarsProps {
  /** Probability of each emotion, shown in this order. */
  probabilities: Record<string, number>;
}

export function ProbabilityBars({ probabilities }: ProbabilityBarsProps) {
  return (
    <ul className={styles.bars} aria-label={t('common.probabilities')}>
      {Object.entries(probabilities).map(([emotion, probability]) => (
        <li key={emotion} className={styles.row} style={emotionStyle(emotion)}>
          <span className={styles.name} title={emotionName(emotion)}>
            {emotionName(emotion)}
          </span>
          <EmotionBar share={probability} />
          <span className={styles.percent} data-testid={`probability-${emotion}`}>
            {formatPercent(probability)}
          </span>
        </li>
      ))}
    </ul>
  );
}
