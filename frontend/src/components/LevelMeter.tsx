import { useEffect, useRef } from 'react';
import type { LevelMonitor } from '@/lib/microphone/levelMonitor';
import { loudnessOf } from '@/lib/microphone/loudness';
import { t } from '@/lib/i18n';
import styles from './LevelMeter.module.css';

interface LevelMeterProps {
  monitor: LevelMonitor | null;
}

export function LevelMeter({ monitor }: LevelMeterProps) {
  const meter = useRef<HTMLDivElement>(null);

  useEffect(() => {
    const element = meter.current;
    if (!monitor || !element) return undefined;
    // Sets the style directly: rendering 20 times a second would be wasteful.
    const show = (loudness: number) => {
      element.style.setProperty('--level', loudness.toFixed(3));
      element.setAttribute('aria-valuenow', String(Math.round(loudness * 100)));
    };
    const unsubscribe = monitor.subscribe((peak) => {
      show(loudnessOf(peak));
    });
    return () => {
      unsubscribe();
      show(0);
    };
  }, [monitor]);

  return (
    <div
      ref={meter}
      role="meter"
      aria-label={t('common.level')}
      aria-valuemin={0}
      aria-valuemax={100}
      aria-valuenow={0}
      className={styles.meter}
      data-testid="level-meter"
    >
      <div className={styles.fill} />
    </div>
  );
}
