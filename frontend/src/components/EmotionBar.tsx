import styles from './EmotionBar.module.css';

/** A share, 0 to 1, drawn in its emotion's colour (`emotionStyle` of an element around it). */
export function EmotionBar({ share }: { share: number }) {
  return (
    <span className={styles.track} aria-hidden="true">
      <span className={styles.fill} style={{ transform: `translateX(${100 * share - 100}%)` }} />
    </span>
  );
}
