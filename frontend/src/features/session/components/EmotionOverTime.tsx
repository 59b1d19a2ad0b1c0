import { useId, useMemo, useState, type CSSProperties } from 'react';
import ChevronIcon from '~icons/lucide/chevron-down';
import { EmotionLaneNames, EmotionLanes } from '@/components/EmotionLanes';
import { EmotionRibbon } from '@/components/EmotionRibbon';
import { UncertainBadge } from '@/components/UncertainBadge';
import type { EmotionSpan } from '@/lib/emotionSpan';
import { formatDuration } from '@/lib/format';
import { emotionName, t } from '@/lib/i18n';
import type { EmotionResult } from '../lib/session';
import { distribution, uncertainCount, type EmotionShare } from '../lib/sessionViews';
import styles from './EmotionOverTime.module.css';

const MOST_LANES_OF_FULL_HEIGHT = 6;

interface EmotionOverTimeProps {
  results: EmotionResult[];
  /** How much time there is at least. */
  leastS: number;
  /** One lane each, from top to bottom. */
  emotions: string[];
  /** The result that is shown instead of the newest. */
  selected?: EmotionResult | undefined;
}

function summary(results: EmotionResult[], shares: EmotionShare[]): string {
  const count = results.length;
  if (count === 0) return t('session.noResults');
  const most = shares.reduce((top, share) => (share.count > top.count ? share : top));
  return t('session.chartSummary', {
    count,
    uncertain: uncertainCount(results),
    emotion: emotionName(most.emotion),
    times: most.count,
  });
}

function toSpan({ startS, endS, prediction }: EmotionResult): EmotionSpan {
  const { emotion, confidence, probabilities, low_information } = prediction;
  return { startS, endS, emotion, confidence, probabilities, isUncertain: low_information ?? false };
}

/** All results: the likeliest emotion as a ribbon, then a lane per emotion. */
export function EmotionOverTime({ results, leastS, emotions, selected }: EmotionOverTimeProps) {
  const headingId = useId();
  const positionS = selected && (selected.startS + selected.endS) / 2;
  const spans = useMemo(() => results.map(toSpan), [results]);
  const durationS = Math.max(leastS, results.at(-1)?.endS ?? 0);
  // Phones have room for the ribbon.
  const [isOpen, setIsOpen] = useState(false);
  const laneHeightRem = emotions.length > MOST_LANES_OF_FULL_HEIGHT ? 1.5 : 2;
  return (
    <section
      className={`ser-panel ${styles.panel}`}
      aria-labelledby={headingId}
      data-testid="emotion-over-time"
    >
      <div className={styles.heading}>
        <h2 className="h6" id={headingId}>
          {t('session.overTime')}
        </h2>
        <span className={styles.legend} data-shown={uncertainCount(results) > 0}>
          <span className={styles.hatched} aria-hidden="true" /> <UncertainBadge />
        </span>
        <button
          type="button"
          className={styles.more}
          aria-expanded={isOpen}
          aria-label={t('session.eachEmotion')}
          onClick={() => {
            setIsOpen(!isOpen);
          }}
        >
          <ChevronIcon aria-hidden="true" />
        </button>
      </div>
      <div
        className={styles.chart}
        // As high as it will be, while the emotions are not known.
        style={{ '--lanes-height': `${laneHeightRem * (emotions.length || MOST_LANES_OF_FULL_HEIGHT)}rem` } as CSSProperties}
        data-open={isOpen}
      >
        <div className={styles.ribbon}>
          <EmotionRibbon spans={spans} durationS={durationS} positionS={positionS} heightRem={0.875} />
        </div>
        <div className={styles.names}>
          <EmotionLaneNames emotions={emotions} laneHeightRem={laneHeightRem} />
        </div>
        <div className={styles.lanes}>
          <EmotionLanes
            spans={spans}
            emotions={emotions}
            durationS={durationS}
            label={summary(results, distribution(results, emotions))}
            positionS={positionS}
            laneHeightRem={laneHeightRem}
          />
        </div>
        <div className={styles.axis} aria-hidden="true">
          {[0, 1 / 3, 2 / 3, 1].map((part) => (
            <span key={part}>{formatDuration(part * durationS)}</span>
          ))}
        </div>
      </div>
    </section>
  );
}
