import { placeText } from '@/lib/affect';
import { t } from '@/lib/i18n';
import styles from './Circumplex.module.css';

interface CircumplexProps {
  /** From -1 (unpleasant) to 1 (pleasant). */
  valence: number;
  /** From -1 (calm) to 1 (excited). */
  arousal: number;
  isUncertain: boolean;
}

/** Of the circle; 16 units of the picture are as long as a rem. */
const RADIUS = 48;

/** From the circle to a word. */
const GAP = 6;

/** A circle with the axes of valence and arousal, and one point. */
export function Circumplex({ valence, arousal, isUncertain }: CircumplexProps) {
  const place = { transform: `translate(${valence * RADIUS}px, ${-arousal * RADIUS}px)` };
  return (
    <svg
      className={styles.picture}
      viewBox="-68 -68 136 136"
      role="img"
      aria-label={placeText({ valence, arousal }, isUncertain)}
      data-uncertain={isUncertain}
    >
      <circle className={styles.circle} r={RADIUS} />
      <path className={styles.axes} d={`M${-RADIUS} 0H${RADIUS}M0 ${-RADIUS}V${RADIUS}`} />
      <g className={styles.words}>
        <text y={-RADIUS - GAP}>{t('common.excited')}</text>
        <text y={-RADIUS - GAP} transform="rotate(90)">
          {t('common.pleasant')}
        </text>
        <text y={-RADIUS - GAP} transform="rotate(-90)">
          {t('common.unpleasant')}
        </text>
        <text y={RADIUS + GAP} dominantBaseline="hanging">
          {t('common.calm')}
        </text>
      </g>
      <circle className={styles.point} r="6" style={place} data-testid="affect-point" />
    </svg>
  );
}
