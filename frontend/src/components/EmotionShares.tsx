import { emotionStyle } from '@/lib/emotionAppearance';
import { formatPercent } from '@/lib/format';
import { EmotionBar } from './EmotionBar';
import { EmotionLabel } from './EmotionLabel';
import styles from './EmotionShares.module.css';

export interface EmotionShare {
  emotion: string;
  /** Share of the total, 0 to 1. */
  share: number;
  /** The count, or the duration as text. */
  amount: string | number;
}

/** How often, or for how long, each emotion was predicted. */
export function EmotionShares({ label, shares }: { label: string; shares: EmotionShare[] }) {
  return (
    <ul className={styles.shares} aria-label={label}>
      {shares.map(({ emotion, share, amount }) => (
        <li
          key={emotion}
          className={styles.share}
          style={emotionStyle(emotion)}
          data-testid={`share-${emotion}`}
        >
          <EmotionLabel emotion={emotion} />
          <EmotionBar share={share} />
          <span className={styles.amount}>
            {amount} <span className={styles.percent}>({formatPercent(share)})</span>
          </span>
        </li>
      ))}
    </ul>
  );
}
