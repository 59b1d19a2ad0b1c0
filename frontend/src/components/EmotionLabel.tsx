import { emotionAppearance, emotionStyle } from '../lib/emotionAppearance';
import styles from './EmotionLabel.module.css';
import { UncertainBadge } from './UncertainBadge';

interface EmotionLabelProps {
  emotion: string;
  isUncertain?: boolean;
}

/** Icon, colour and name: nobody has to rely on one of them alone. */
export function EmotionLabel({ emotion, isUncertain = false }: EmotionLabelProps) {
  return (
    <span className={styles.label} style={emotionStyle(emotion)} data-uncertain={isUncertain}>
      <span className={styles.emoji} aria-hidden="true">
        {emotionAppearance(emotion).emoji}
      </span>
      <span className={styles.words}>
        <span className={styles.name} title={emotion}>
          {emotion}
        </span>
        {isUncertain && (
          <>
            <span className="visually-hidden">,</span>
            <UncertainBadge />
          </>
        )}
      </span>
    </span>
  );
}
