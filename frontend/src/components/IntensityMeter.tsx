import { useId } from 'react';
import { t } from '@/lib/i18n';
import styles from './IntensityMeter.module.css';

interface IntensityMeterProps {
  /** How strongly the emotion is expressed, 0 to 100 %. */
  intensity: number;
  isUncertain: boolean;
}

export function IntensityMeter({ intensity, isUncertain }: IntensityMeterProps) {
  const labelId = useId();
  const percent = Math.round(intensity);
  return (
    <div className={styles.row} data-uncertain={isUncertain} data-testid="intensity">
      <span className={styles.label} id={labelId}>
        {t('common.intensity')}
      </span>
      <div
        role="meter"
        aria-labelledby={labelId}
        aria-valuemin={0}
        aria-valuemax={100}
        aria-valuenow={percent}
        aria-valuetext={t(isUncertain ? 'common.percentUncertain' : 'common.percent', { percent })}
        className={styles.track}
      >
        <div className={styles.fill} style={{ width: `${percent}%` }} />
      </div>
      <span className={styles.percent}>{t('common.percent', { percent })}</span>
    </div>
  );
}
