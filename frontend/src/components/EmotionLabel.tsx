import { emotionName, t } from '@/lib/i18n';
import { emotionStyle } from '@/lib/emotionAppearance';
import { EmotionFace } from './EmotionFace';
import styles from './EmotionLabel.module.css';
import { UncertainBadge, UncertainIcon } from './UncertainBadge';

interface EmotionLabelProps {
  emotion: string;
  isUncertain?: boolean;
}

/** Icon, colour and name: nobody has to rely on one of them alone. */
export function EmotionLabel({ emotion, isUncertain = false }: EmotionLabelProps) {
  return (
    <span className={styles.label} style={emotionStyle(emotion)} data-uncertain={isUncertain}>
      <span className={styles.face} aria-hidden="true">
        <EmotionFace emotion={emotion} />
      </span>
      <span className={styles.words}>
        <span className={styles.name} title={emotionName(emotion)}>
          {emotionName(emotion)}
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

/** The same for what belongs to no emotion. */
export function UncertainLabel() {
  return (
    <span className={styles.label} data-uncertain="true">
      <span className={styles.face} aria-hidden="true">
        <UncertainIcon />
      </span>
      <span className={styles.name}>{t('common.uncertain')}</span>
    </span>
  );
}
