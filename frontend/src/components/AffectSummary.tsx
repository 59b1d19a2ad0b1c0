import type { Affect } from '@/lib/affect';
import { formatSigned } from '@/lib/format';
import styles from './AffectSummary.module.css';
import { Circumplex } from './Circumplex';

interface AffectSummaryProps extends Affect {
  isUncertain: boolean;
  /** What it was derived from. */
  source: 'probabilities' | 'mean probabilities';
}

/** What the probabilities amount to; smaller than the emotion, which people look at first. */
export function AffectSummary(props: AffectSummaryProps) {
  const { sentiment, valence, arousal, isUncertain, source } = props;
  return (
    <div className={styles.summary} data-uncertain={isUncertain} data-testid="affect">
      <Circumplex valence={valence} arousal={arousal} isUncertain={isUncertain} />
      <div className={styles.words}>
        <p>
          <span className={styles.label}>Sentiment</span>{' '}
          <span className={styles.sentiment} data-testid="sentiment">
            {isUncertain ? `maybe ${sentiment}` : sentiment}
          </span>
        </p>
        <p className={styles.numbers}>
          <span>Valence {formatSigned(valence)}</span>
          <span>Arousal {formatSigned(arousal)}</span>
        </p>
        <p className={styles.note}>Derived from the {source}, not measured.</p>
      </div>
    </div>
  );
}
