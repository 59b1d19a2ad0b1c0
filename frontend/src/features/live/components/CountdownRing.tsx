import { useCountdown } from '../hooks/useCountdown';
import styles from './CountdownRing.module.css';

const RADIUS = 46;
const CIRCUMFERENCE = 2 * Math.PI * RADIUS;

interface CountdownRingProps {
  durationMs: number;
}

export function CountdownRing({ durationMs }: CountdownRingProps) {
  const remainingMs = useCountdown(durationMs);
  const elapsedFraction = 1 - remainingMs / durationMs;

  return (
    <span className={styles.countdown} aria-hidden="true">
      <svg className={styles.ring} viewBox="0 0 100 100">
        <circle
          cx="50"
          cy="50"
          r={RADIUS}
          strokeDasharray={CIRCUMFERENCE}
          strokeDashoffset={CIRCUMFERENCE * (1 - elapsedFraction)}
        />
      </svg>
      {Math.max(1, Math.ceil(remainingMs / 1000))}
    </span>
  );
}
