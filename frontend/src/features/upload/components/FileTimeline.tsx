import type { ReactNode } from 'react';
import { formatDuration } from '../../../lib/format';
import type { Segment, TimelineWindow } from '../../../lib/timelineSchemas';
import { useFilePlayer, type FilePlayerControl } from '../hooks/useFilePlayer';
import { CurveLanes, EmotionCurve } from './EmotionCurve';
import styles from './FileTimeline.module.css';
import { SegmentTable } from './SegmentTable';

/** As many steps from end to end with the arrow keys. */
const STEPS = 200;
const SHORTEST_STEP_S = 0.1;

/** The place in the file, laid over what is drawn of it. */
function Position({ state, positionS, seek, children }: FilePlayerControl & { children: ReactNode }) {
  const durationS = state.phase === 'ready' ? state.durationS : 0;
  return (
    <div className={styles.curve}>
      {children}
      {durationS > 0 && (
        <input
          type="range"
          className={styles.position}
          aria-label="Position in the file"
          aria-valuetext={`${formatDuration(positionS)} of ${formatDuration(durationS)}`}
          min={0}
          max={durationS}
          step={Math.max(SHORTEST_STEP_S, durationS / STEPS)}
          value={positionS}
          data-testid="file-position"
          onChange={({ currentTarget }) => {
            seek(Number(currentTarget.value));
          }}
        />
      )}
    </div>
  );
}

interface FileTimelineProps {
  file: File;
  emotions: string[];
  /** As many as are there yet. */
  windows: TimelineWindow[];
  /** How long the server takes the file to be, where it knows. */
  durationS: number | null;
  segments: Segment[];
}

/** A file to be looked at and played, with what was heard in it and when. */
export function FileTimeline(props: FileTimelineProps) {
  const { file, emotions, windows, durationS, segments } = props;
  const player = useFilePlayer(file, segments);
  const { container, state, isPlaying, positionS, toggle, playFrom } = player;
  const isReady = state.phase === 'ready';
  const playedS = isReady ? state.durationS : null;
  const totalS = playedS ?? durationS ?? windows.at(-1)?.end_s;
  return (
    <>
      <div className={styles.player} data-testid="file-waveform" data-phase={state.phase}>
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
        <div className={styles.wave}>
          <div ref={container} className={styles.canvas} aria-hidden="true" />
          {state.phase === 'unplayable' && (
            <p className={styles.hint}>
              This browser cannot play the file. The server can still have understood it.
            </p>
          )}
        </div>
        {windows.length > 0 && totalS && (
          <>
            <CurveLanes emotions={emotions} />
            <Position {...player}>
              <EmotionCurve windows={windows} emotions={emotions} durationS={totalS} />
            </Position>
          </>
        )}
        <p className={styles.time}>
          <span data-testid="play-position">
            {formatDuration(positionS)} / {isReady ? formatDuration(state.durationS) : '--:--'}
          </span>
          {isReady && !state.isWaveform && (
            <span data-testid="not-drawn">
              Over 10 minutes, the bars show where there is speech, not how loud it is.
            </span>
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
