import styles from './EmotionBar.module.css';

interface EmotionBarProps {
  share: number;
  /** It belongs to no emotion. */
  isUncertain?: boolean;
}

/** A share, 0 to 1, in its emotion's colour (`emotionStyle` of an element around it); hatched where it is uncertain. */
export function EmotionBar({ share, isUncertain = false }: EmotionBarProps) {
  return (
    <span className={styles.track} aria-hidden="true">
      <span
        className={styles.fill}
        style={{ transform: `translateX(${100 * share - 100}%)` }}
        data-uncertain={isUncertain}
      />
    </span>
  );
}
