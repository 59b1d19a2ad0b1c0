import { memo, useEffect, useRef, useState } from 'react';
import PlayIcon from '~icons/lucide/play';
import { EmotionLabel } from '@/components/EmotionLabel';
import { formatPercent, formatTimecode } from '@/lib/format';
import { t, useLocale } from '@/lib/i18n';
import { moveFocus } from '@/lib/moveFocus';
import type { Segment, Voice } from '@/lib/timelineSchemas';
import { voiceMark, voiceName } from '../lib/voices';
import styles from './SegmentTable.module.css';

/** Rows shown at first: an hour has hundreds of segments. */
const PAGE = 100;

interface SegmentRowProps {
  segment: Segment;
  /** Undefined where voices are not told apart. */
  voice: Voice | undefined;
  hasVoices: boolean;
  isPlayed: boolean;
  isReachable: boolean;
  /** Undefined where the browser cannot play the file. */
  onPlay: ((segment: Segment) => void) | undefined;
}

const SegmentRow = memo(function SegmentRow(props: SegmentRowProps) {
  const { segment, voice, hasVoices, isPlayed, isReachable, onPlay } = props;
  useLocale();
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
            tabIndex={isReachable ? 0 : -1}
            data-testid="play-segment"
            onClick={() => {
              onPlay(segment);
            }}
          >
            <PlayIcon aria-hidden="true" />{' '}
            <span className="visually-hidden">{t('upload.playSegment')}</span> {span}
          </button>
        ) : (
          span
        )}
      </td>
      {hasVoices && (
        <td className={styles.voice}>
          {voice && (
            <>
              <span aria-hidden="true" title={voiceName(voice)}>
                {voiceMark(voice)}
              </span>
              <span className="visually-hidden">{voiceName(voice)}</span>
            </>
          )}
        </td>
      )}
      <td>
        <EmotionLabel emotion={emotion} isUncertain={low_information} />
      </td>
      <td className={styles.confidence}>{formatPercent(confidence)}</td>
    </tr>
  );
});

/** Keeps the played row in sight, without moving the page. */
function useFollowedRow(playedIndex: number) {
  const scroller = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const element = scroller.current;
    const row = element?.querySelector<HTMLElement>('[aria-current]');
    if (!element || !row) return;
    const above = row.offsetTop - row.offsetHeight;
    const below = row.offsetTop + 2 * row.offsetHeight - element.clientHeight;
    if (element.scrollTop > above) element.scrollTop = above;
    else if (element.scrollTop < below) element.scrollTop = below;
  }, [playedIndex]);
  return scroller;
}

interface SegmentTableProps {
  segments: Segment[];
  voices?: Voice[];
  /** Index of the segment that is playing; -1 for none. */
  playedIndex: number;
  onPlay: ((segment: Segment) => void) | undefined;
}

/** Arrow keys move between the segments; Enter plays one. */
export function SegmentTable({ segments, voices = [], playedIndex, onPlay }: SegmentTableProps) {
  const [pageCount, setPageCount] = useState(PAGE);
  const shownCount = Math.max(pageCount, playedIndex + 1);
  const hiddenCount = segments.length - shownCount;
  const scroller = useFollowedRow(playedIndex);
  const hasVoices = voices.length > 0;
  return (
    <div className={styles.segments}>
      {/* Arrow keys move between the buttons of the rows. */}
      {/* eslint-disable-next-line jsx-a11y/no-noninteractive-element-interactions */}
      <div
        ref={scroller}
        className={styles.scroller}
        role="group"
        aria-label={t('upload.segments')}
        // A scroller without buttons must be focusable to be scrolled by keyboard.
        tabIndex={onPlay ? undefined : 0}
        onKeyDown={(event) => {
          moveFocus(event, '[data-testid=play-segment]');
        }}
      >
        <table className={styles.table} data-voices={hasVoices} data-testid="segment-table">
          <caption className="visually-hidden">
            {t('upload.segmentsCaption', { count: segments.length })}
          </caption>
          <thead>
            <tr>
              <th scope="col">{t('upload.when')}</th>
              {hasVoices && <th scope="col">{t('upload.voice')}</th>}
              <th scope="col">{t('upload.emotion')}</th>
              <th scope="col" className={styles.confidence}>
                <abbr title={t('upload.confidence')}>%</abbr>
              </th>
            </tr>
          </thead>
          <tbody>
            {segments.slice(0, shownCount).map((segment, i) => (
              <SegmentRow
                key={i}
                segment={segment}
                voice={voices.find(({ id }) => id === segment.voice)}
                hasVoices={hasVoices}
                isPlayed={i === playedIndex}
                isReachable={i === Math.max(0, playedIndex)}
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
            setPageCount(shownCount + PAGE);
          }}
        >
          {t('upload.moreSegments', { hidden: hiddenCount, count: segments.length })}
        </button>
      )}
    </div>
  );
}
