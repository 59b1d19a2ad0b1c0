import { memo, useId } from 'react';
import { emotionStyle } from '@/lib/emotionAppearance';
import { emotionRuns, type EmotionSpan } from '@/lib/emotionSpan';
import styles from './EmotionRibbon.module.css';

const STRIPE_PX = 6;

function percent(part: number): string {
  return `${(100 * part).toFixed(3)}%`;
}

/** Hatching: an uncertain stretch is not told by its colour alone. */
function Hatching({ id, emotion }: { id: string; emotion: string }) {
  return (
    <pattern
      id={id}
      width={STRIPE_PX}
      height={STRIPE_PX}
      patternUnits="userSpaceOnUse"
      patternTransform="rotate(45)"
      style={emotionStyle(emotion)}
    >
      <rect className={styles.faint} width={STRIPE_PX} height={STRIPE_PX} />
      <rect className={styles.run} width={STRIPE_PX / 3} height={STRIPE_PX} />
    </pattern>
  );
}

interface DrawingProps {
  spans: EmotionSpan[];
  durationS: number;
}

const Drawing = memo(function Drawing({ spans, durationS }: DrawingProps) {
  const id = useId();
  const runs = emotionRuns(spans, durationS);
  const doubted = [...new Set(runs.flatMap((run) => (run.isUncertain ? run.emotion : [])))];
  // An emotion's name may hold what an address must not.
  const hatching = (emotion: string) => `${id}-${doubted.indexOf(emotion)}`;
  return (
    <svg className={styles.drawing} aria-hidden="true">
      <defs>
        {doubted.map((emotion) => (
          <Hatching key={emotion} id={hatching(emotion)} emotion={emotion} />
        ))}
      </defs>
      {runs.map(({ start, end, emotion, isUncertain }, i) => (
        <rect
          key={i}
          className={styles.run}
          style={isUncertain ? { fill: `url(#${hatching(emotion)})` } : emotionStyle(emotion)}
          data-emotion={emotion}
          data-uncertain={isUncertain}
          x={percent(start)}
          width={percent(end - start)}
          height="100%"
        />
      ))}
    </svg>
  );
});

interface EmotionRibbonProps extends DrawingProps {
  /** For screen readers; without one, the ribbon only repeats what stands beside it. */
  label?: string;
  /** Where a playback or a recording is. */
  positionS?: number | undefined;
  heightRem?: number;
}

/** The likeliest emotion over time, as one band: uncertain stretches are hatched. */
export function EmotionRibbon(props: EmotionRibbonProps) {
  const { spans, durationS, label, positionS, heightRem = 0.75 } = props;
  const named = label === undefined ? { 'aria-hidden': true } : { role: 'img', 'aria-label': label };
  return (
    <div className={styles.ribbon} style={{ height: `${heightRem}rem` }} data-testid="emotion-ribbon" {...named}>
      <Drawing spans={spans} durationS={durationS} />
      {positionS !== undefined && durationS > 0 && (
        <span className={styles.position} style={{ left: percent(positionS / durationS) }} />
      )}
    </div>
  );
}
