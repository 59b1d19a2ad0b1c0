import { memo, useId, type CSSProperties } from 'react';
import { emotionStyle } from '@/lib/emotionAppearance';
import { CURVE_COLUMNS, emotionCurves } from '@/lib/emotionCurve';
import type { EmotionSpan } from '@/lib/emotionSpan';
import { EmotionLabel } from './EmotionLabel';
import styles from './EmotionLanes.module.css';

const LANE_HEIGHT_REM = 2;

/** Columns from one stripe of the hatching to the next. */
const STRIPE = 4;

function heightStyle(laneHeightRem: number): CSSProperties {
  return { '--lane-height': `${laneHeightRem}rem` } as CSSProperties;
}

interface EmotionLaneNamesProps {
  /** One lane each, from top to bottom. */
  emotions: string[];
  laneHeightRem?: number;
}

/** The names of the lanes. Hidden from screen readers: the label of the lanes has them. */
export function EmotionLaneNames({ emotions, laneHeightRem = LANE_HEIGHT_REM }: EmotionLaneNamesProps) {
  return (
    <ul className={styles.names} style={heightStyle(laneHeightRem)} aria-hidden="true">
      {emotions.map((emotion) => (
        <li key={emotion}>
          <EmotionLabel emotion={emotion} />
        </li>
      ))}
    </ul>
  );
}

interface DrawingProps {
  spans: EmotionSpan[];
  emotions: string[];
  durationS: number;
  zoom: number;
}

const Drawing = memo(function Drawing({ spans, emotions, durationS, zoom }: DrawingProps) {
  const id = useId();
  const columns = CURVE_COLUMNS * zoom;
  return emotionCurves(spans, emotions, durationS, columns).map(({ emotion, certain, uncertain }, i) => (
    <svg
      key={emotion}
      className={styles.lane}
      style={emotionStyle(emotion)}
      viewBox={`0 0 ${columns} 1`}
      preserveAspectRatio="none"
      aria-hidden="true"
    >
      {certain && <path className={styles.area} d={certain} />}
      {uncertain && (
        <>
          <pattern id={`${id}-${i}`} width={STRIPE} height={1} patternUnits="userSpaceOnUse">
            <rect className={styles.faint} width={STRIPE} height={1} />
            <rect className={styles.area} width={STRIPE / 3} height={1} />
          </pattern>
          <path d={uncertain} style={{ fill: `url(#${id}-${i})` }} data-uncertain="true" />
        </>
      )}
    </svg>
  ));
});

interface EmotionLanesProps {
  /** Spans may overlap: where they do, their mean is drawn. */
  spans: EmotionSpan[];
  /** One lane each, from top to bottom. */
  emotions: string[];
  durationS: number;
  /** What the lanes show, with the names of the emotions, for screen readers. */
  label: string;
  /** Where a playback or a recording is. */
  positionS?: number | undefined;
  /** Resolution of the drawing: width in multiples of the visible width. */
  zoom?: number;
  laneHeightRem?: number;
}

/** The probability of each emotion over time; where it is uncertain, the area is hatched. */
export function EmotionLanes(props: EmotionLanesProps) {
  const { spans, emotions, durationS, label, positionS, zoom = 1, laneHeightRem = LANE_HEIGHT_REM } = props;
  return (
    <div
      className={styles.lanes}
      style={heightStyle(laneHeightRem)}
      role="img"
      aria-label={label}
      data-testid="emotion-lanes"
    >
      {durationS > 0 && (
        <Drawing spans={spans} emotions={emotions} durationS={durationS} zoom={zoom} />
      )}
      {positionS !== undefined && durationS > 0 && (
        <span className={styles.position} style={{ left: `${(100 * positionS) / durationS}%` }} />
      )}
    </div>
  );
}
