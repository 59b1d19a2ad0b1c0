import { memo } from 'react';
import styles from './Waveform.module.css';

/** Thin lines would vanish. */
const LEAST = 0.02;

/** An area around the middle line, as an SVG path 2 high. */
function areaPath(peaks: number[]): string {
  const heights = peaks.map((peak) => Math.max(LEAST, peak));
  const upper = heights.map((height, i) => `L${i + 0.5} ${(1 - height).toFixed(3)}`);
  const lower = heights.map((height, i) => `L${i + 0.5} ${(1 + height).toFixed(3)}`).reverse();
  return `M0 1${upper.join('')}L${peaks.length} 1${lower.join('')}Z`;
}

/** Volume over time; decoration beside the player. */
export const Waveform = memo(function Waveform({ peaks }: { peaks: number[] }) {
  return (
    <svg
      className={styles.waveform}
      viewBox={`0 0 ${Math.max(1, peaks.length)} 2`}
      preserveAspectRatio="none"
      aria-hidden="true"
      data-testid="waveform"
      data-peaks={peaks.length}
    >
      {peaks.length > 0 && <path d={areaPath(peaks)} />}
    </svg>
  );
});
