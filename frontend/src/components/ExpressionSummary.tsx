import { affectOf } from '@/lib/affect';
import type { ExpressionFields } from '@/lib/apiSchemas';
import { AffectSummary } from './AffectSummary';
import styles from './ExpressionSummary.module.css';
import { IntensityMeter } from './IntensityMeter';

interface ExpressionSummaryProps {
  answer: ExpressionFields;
  isUncertain: boolean;
  /** What sentiment, valence and arousal were derived from. */
  source: 'probabilities' | 'mean probabilities';
}

/** What an answer tells of an emotion besides its probability. Nothing where it tells nothing. */
export function ExpressionSummary({ answer, isUncertain, source }: ExpressionSummaryProps) {
  const affect = affectOf(answer);
  const { intensity } = answer;
  const hasIntensity = typeof intensity === 'number';
  if (!affect && !hasIntensity) return null;
  return (
    <div className={styles.summary}>
      {affect && <AffectSummary {...affect} isUncertain={isUncertain} source={source} />}
      {hasIntensity && <IntensityMeter intensity={intensity} isUncertain={isUncertain} />}
    </div>
  );
}
