import type { ReactNode } from 'react';
import styles from './ProgressRing.module.css';

interface ProgressRingProps {
  /** The filled part, 0 to 1. */
  progress: number;
  size: 'small' | 'large';
  /** Shown in the middle. */
  children: ReactNode;
}

/** Decoration only: the caller shows the same in words. */
export function ProgressRing({ progress, size, children }: ProgressRingProps) {
  return (
    <span className={styles.ring} data-size={size} aria-hidden="true">
      <svg className={styles.circles} viewBox="0 0 40 40">
        <circle className={styles.track} cx="20" cy="20" r="18" />
        {progress > 0 && (
          <circle
            className={styles.fill}
            cx="20"
            cy="20"
            r="18"
            pathLength={1}
            strokeDasharray={`${Math.min(1, progress)} 1`}
          />
        )}
      </svg>
      <span className={styles.middle}>{children}</span>
    </span>
  );
}
