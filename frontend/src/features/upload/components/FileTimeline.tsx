import { useEffect, useRef, useState, type CSSProperties } from 'react';
import { formatDuration } from '@/lib/format';
import type { Segment, TimelineWindow } from '@/lib/timelineSchemas';
import { useFilePlayer, type FilePlayerControl } from '../hooks/useFilePlayer';
import { timeTicks } from '../lib/timeTicks';
import { CurveLanes, EmotionCurve } from './EmotionCurve';
import styles from './FileTimeline.module.css';
import { SegmentTable } from './SegmentTable';

const TICKS = 5;
const ZOOM_STEP = 2;

/** The shortest span that the zoom shows. */
const SHORTEST_STRETCH_S = 60;
const CLOSEST = 32;

function closest(totalS: number): number {
  return Math.min(CLOSEST, 2 ** Math.floor(Math.log2(Math.max(1, totalS / SHORTEST_STRETCH_S))));
}

/** A slider for the position in the file, over the curve. */
function Position({ state, positionS, seek }: FilePlayerControl) {
  if (state.phase !== 'ready') return null;
  const { durationS } = state;
  return (
    <input
      type="range"
      className={styles.position}
      aria-label="Position in the file"
      aria-valuetext={`${formatDuration(positionS)} of ${formatDuration(durationS)}`}
      min={0}
      max={durationS}
      step="any"
      value={positionS}
      data-testid="file-position"
      onChange={({ currentTarget }) => {
        seek(Number(currentTarget.value));
      }}
    />
  );
}

function TimeAxis({ durationS, zoom }: { durationS: number; zoom: number }) {
  return (
    <div className={styles.axis} aria-hidden="true">
      {timeTicks(durationS, TICKS * zoom).map((timeS) => (
        <span key={timeS} style={{ left: `${(100 * timeS) / durationS}%` }}>
          {formatDuration(timeS)}
        </span>
      ))}
    </div>
  );
}

/** Scrolls to the played position while zoomed in. */
function useFollowing(place: number, zoom: number) {
  const scroller = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const element = scroller.current;
    if (!element || zoom === 1) return;
    const { scrollLeft, clientWidth, scrollWidth } = element;
    const x = place * scrollWidth;
    if (x < scrollLeft || x > scrollLeft + clientWidth) element.scrollLeft = x - clientWidth / 10;
  }, [place, zoom]);
  return scroller;
}

interface ZoomProps {
  zoom: number;
  closestZoom: number;
  onZoom: (zoom: number) => void;
}

function Zoom({ zoom, closestZoom, onZoom }: ZoomProps) {
  const button = (label: string, sign: string, next: number, isPossible: boolean) => (
    <button
      type="button"
      className={`btn btn-sm ser-button ${styles.zoomButton}`}
      aria-label={label}
      // Not `disabled`, which would lose the keyboard focus.
      aria-disabled={!isPossible}
      onClick={() => {
        if (isPossible) onZoom(next);
      }}
    >
      <span aria-hidden="true">{sign}</span>
    </button>
  );
  return (
    <span className={styles.zoom}>
      {button('Zoom out', '−', zoom / ZOOM_STEP, zoom > 1)}
      {button('Zoom in', '+', zoom * ZOOM_STEP, zoom < closestZoom)}
    </span>
  );
}

interface FileTimelineProps {
  file: File;
  emotions: string[];
  /** The windows received so far. */
  windows: TimelineWindow[];
  /** The duration that the server reports; `null` while unknown. */
  durationS: number | null;
  segments: Segment[];
}

/** Player of one file, with its waveform, curve and segments. */
export function FileTimeline(props: FileTimelineProps) {
  const { file, emotions, windows, durationS, segments } = props;
  const player = useFilePlayer(file, segments);
  const { container, state, isPlaying, positionS, toggle, playFrom } = player;
  const [zoom, setZoom] = useState(1);
  const isReady = state.phase === 'ready';
  const totalS = (isReady ? state.durationS : durationS) ?? windows.at(-1)?.end_s ?? 0;
  const scroller = useFollowing(totalS > 0 ? positionS / totalS : 0, zoom);
  const hasCurve = windows.length > 0 && totalS > 0;
  const closestZoom = closest(totalS);
  return (
    <>
      <div className={styles.player} data-testid="file-waveform" data-phase={state.phase}>
        <div className={styles.aside}>
          <div className={styles.control}>
            <button
              type="button"
              className={`btn ser-button ${styles.play}`}
              aria-label={`${isPlaying ? 'Pause' : 'Play'} ${file.name}`}
              data-testid="play-button"
              disabled={!isReady}
              onClick={toggle}
            >
              <span aria-hidden="true">{isPlaying ? '❚❚' : '▶'}</span>
            </button>
          </div>
          {hasCurve && <CurveLanes emotions={emotions} />}
        </div>
        <div ref={scroller} className={styles.scroller}>
          <div className={styles.whole} style={{ '--zoom': zoom } as CSSProperties}>
            <div className={styles.wave}>
              <div
                ref={container}
                className={styles.canvas}
                aria-hidden="true"
                data-testid="file-canvas"
              />
              {state.phase === 'unplayable' && (
                <p className={styles.hint}>This browser cannot play the file.</p>
              )}
            </div>
            {hasCurve && (
              <div className={styles.curve}>
                <EmotionCurve
                  windows={windows}
                  emotions={emotions}
                  durationS={totalS}
                  zoom={zoom}
                />
                <Position {...player} />
              </div>
            )}
            {totalS > 0 && <TimeAxis durationS={totalS} zoom={zoom} />}
          </div>
        </div>
        <p className={styles.time}>
          <span data-testid="play-position">
            {formatDuration(positionS)} / {isReady ? formatDuration(state.durationS) : '--:--'}
          </span>
          {isReady && !state.isWaveform && (
            <span data-testid="not-drawn">
              Longer than 10 minutes: the bars show where there is speech, not its volume.
            </span>
          )}
          {isReady && closestZoom > 1 && (
            <Zoom zoom={zoom} closestZoom={closestZoom} onZoom={setZoom} />
          )}
        </p>
      </div>
      {segments.length > 1 && (
        <SegmentTable
          segments={segments}
          playedIndex={
            isPlaying ? segments.findIndex((s) => s.start_s <= positionS && positionS < s.end_s) : -1
          }
          onPlay={isReady ? playFrom : undefined}
        />
      )}
    </>
  );
}
