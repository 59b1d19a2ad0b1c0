import type { Affect } from '@/lib/affect';
import { formatSigned } from '@/lib/format';
import { t } from '@/lib/i18n';
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
          <span className={styles.label}>{t('common.sentiment')}</span>{' '}
          <span className={styles.sentiment} data-testid="sentiment">
            {isUncertain && `${t('common.maybe')} `}
            {t(`common.${sentiment}`)}
          </span>
        </p>
        <p className={styles.numbers}>
          <span>{t('common.valence', { value: formatSigned(valence) })}</span>
          <span>{t('common.arousal', { value: formatSigned(arousal) })}</span>
        </p>
        <p className={styles.note}>
          {t(source === 'probabilities' ? 'common.derived' : 'common.derivedMean')}
        </p>
      </div>
    </div>
  );
}
