import { emotionStyle } from '@/lib/emotionAppearance';
import { sharesOf, type Sum } from '../lib/shares';
import styles from './EmotionStrip.module.css';

interface EmotionStripProps {
  sum: Sum;
  /** From the bottom to the top. */
  isUpright?: boolean;
}

/** How much of each emotion there is, as one band; what is uncertain is hatched. Repeats what is beside it. */
export function EmotionStrip({ sum, isUpright = false }: EmotionStripProps) {
  return (
    <span className={styles.strip} data-upright={isUpright} aria-hidden="true">
      {sharesOf(sum)
        .filter(({ share }) => share > 0)
        .map(({ emotion, share }) => (
          <span
            key={emotion}
            className={styles.part}
            style={{ ...emotionStyle(emotion), flexGrow: share }}
            data-emotion={emotion}
          />
        ))}
      {sum.uncertainS > 0 && (
        <span
          className={styles.part}
          style={{ flexGrow: sum.uncertainS / sum.totalS }}
          data-uncertain="true"
        />
      )}
    </span>
  );
}
