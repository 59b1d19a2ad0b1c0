import { memo } from 'react';
import { EmotionLabel } from '@/components/EmotionLabel';
import { emotionStyle } from '@/lib/emotionAppearance';
import { formatCount } from '@/lib/format';
import type { TimelineWindow } from '@/lib/timelineSchemas';
import { CURVE_COLUMNS, emotionCurves } from '../lib/emotionCurve';
import styles from './EmotionCurve.module.css';

interface EmotionCurveProps {
  windows: TimelineWindow[];
  /** One lane each, from top to bottom. */
  emotions: string[];
  durationS: number;
  /** Width of the curve in multiples of the visible width. */
  zoom: number;
}

/** The names of the lanes. Hidden from screen readers: the label of the curve has them. */
export function CurveLanes({ emotions }: { emotions: string[] }) {
  return (
    <ul className={styles.names} aria-hidden="true">
      {emotions.map((emotion) => (
        <li key={emotion}>
          <EmotionLabel emotion={emotion} />
        </li>
      ))}
    </ul>
  );
}

/** The probability of each emotion over time. */
export const EmotionCurve = memo(function EmotionCurve(props: EmotionCurveProps) {
  const { windows, emotions, durationS, zoom } = props;
  const columns = CURVE_COLUMNS * zoom;
  return (
    <div
      className={styles.lanes}
      role="img"
      aria-label={`Probability of ${emotions.join(', ')} over time, from ${formatCount(windows.length, 'window')}`}
      data-testid="emotion-curve"
    >
      {emotionCurves(windows, emotions, durationS, columns).map(({ emotion, path }) => (
        <svg
          key={emotion}
          className={styles.lane}
          style={emotionStyle(emotion)}
          viewBox={`0 0 ${columns} 1`}
          preserveAspectRatio="none"
          aria-hidden="true"
        >
          <path d={path} />
        </svg>
      ))}
    </div>
  );
});
