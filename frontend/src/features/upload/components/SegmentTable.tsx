import { memo, useState } from 'react';
import { EmotionLabel } from '@/components/EmotionLabel';
import { formatCount, formatPercent, formatTimecode } from '@/lib/format';
import type { Segment } from '@/lib/timelineSchemas';
import styles from './SegmentTable.module.css';

/** Rows shown at first: an hour has hundreds of segments. */
const PAGE = 100;

interface SegmentRowProps {
  segment: Segment;
  isPlayed: boolean;
  /** Undefined where the browser cannot play the file. */
  onPlay: ((positionS: number) => void) | undefined;
}

const SegmentRow = memo(function SegmentRow({ segment, isPlayed, onPlay }: SegmentRowProps) {
  const { start_s: startS, end_s: endS, emotion, confidence, low_information } = segment;
  const span = (
    <>
      {formatTimecode(startS)}
      <span className={styles.end}> – {formatTimecode(endS)}</span>
    </>
  );
  return (
    <tr
      className={styles.row}
      aria-current={isPlayed ? 'true' : undefined}
      data-testid="segment-row"
    >
      <td className={styles.span}>
        {onPlay ? (
          <button
            type="button"
            className={styles.play}
            data-testid="play-segment"
            onClick={() => {
              onPlay(startS);
            }}
          >
            <span aria-hidden="true">▶</span> <span className="visually-hidden">Play</span> {span}
          </button>
        ) : (
          span
        )}
      </td>
      <td>
        <EmotionLabel emotion={emotion} isUncertain={low_information} />
      </td>
      <td className={styles.confidence}>{formatPercent(confidence)}</td>
    </tr>
  );
});

interface SegmentTableProps {
  segments: Segment[];
  /** Index of the segment that is playing; -1 for none. */
  playedIndex: number;
  onPlay: ((positionS: number) => void) | undefined;
}

export function SegmentTable({ segments, playedIndex, onPlay }: SegmentTableProps) {
  const [shownCount, setShownCount] = useState(PAGE);
  const hiddenCount = segments.length - shownCount;
  return (
    <div>
      <div
        className={styles.scroller}
        role="group"
        aria-label="Segments"
        // A scroller must be focusable to be scrolled by keyboard.
        // eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex
        tabIndex={0}
      >
        <table className={styles.table} data-testid="segment-table">
          <caption className="visually-hidden">
            {formatCount(segments.length, 'segment')}, each with its emotion
          </caption>
          <thead>
            <tr>
              <th scope="col">When</th>
              <th scope="col">Emotion</th>
              <th scope="col" className={styles.confidence}>
                <abbr title="Confidence">%</abbr>
              </th>
            </tr>
          </thead>
          <tbody>
            {segments.slice(0, shownCount).map((segment, i) => (
              <SegmentRow
                key={segment.start_s}
                segment={segment}
                isPlayed={i === playedIndex}
                onPlay={onPlay}
              />
            ))}
          </tbody>
        </table>
      </div>
      {hiddenCount > 0 && (
        <button
          type="button"
          className={`btn btn-sm ser-button ${styles.more}`}
          data-testid="more-segments"
          onClick={() => {
            setShownCount(shownCount + PAGE);
          }}
        >
          Show more: {hiddenCount} of {segments.length} are hidden
        </button>
      )}
    </div>
  );
}
