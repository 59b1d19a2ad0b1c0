import { useEffect, useRef, useState, type CSSProperties } from 'react';
import PauseIcon from '~icons/lucide/pause';
import PlayIcon from '~icons/lucide/play';
import RepeatIcon from '~icons/lucide/repeat';
import ZoomInIcon from '~icons/lucide/zoom-in';
import ZoomOutIcon from '~icons/lucide/zoom-out';
import { EmotionLaneNames, EmotionLanes } from '@/components/EmotionLanes';
import { EmotionRibbon } from '@/components/EmotionRibbon';
import { formatDuration, formatPercent } from '@/lib/format';
import { emotionName, t } from '@/lib/i18n';
import type { Icon } from '@/lib/notice';
import { LARGE_TEXT_REM, ROOMY_REM, useIsPageAtLeast } from '@/lib/usePageWidth';
import type { FilePlayerControl } from '../hooks/useFilePlayer';
import { usePeaks } from '../hooks/usePeaks';
import type { Drawn } from '../lib/drawn';
import { segmentAt } from '../lib/spans';
import { timeTicks } from '../lib/timeTicks';
import styles from './FileTimeline.module.css';
import { VoiceNames, VoiceRibbons } from './VoiceRibbons';
import { Waveform } from './Waveform';

const TICKS = 5;
const TICKS_OF_LARGE_TEXT = 1;
const ZOOM_STEP = 2;
const LANE_HEIGHT_REM = 2;
const LOW_LANE_HEIGHT_REM = 1.5;
const RIBBON_HEIGHT_REM = 1.25;

/** The shortest span that the zoom shows. */
const SHORTEST_STRETCH_S = 15;
const CLOSEST = 32;

function closest(totalS: number): number {
  return Math.min(CLOSEST, 2 ** Math.floor(Math.log2(Math.max(1, totalS / SHORTEST_STRETCH_S))));
}

/** A slider for the position in the file, over the drawing. */
function Position({ state, positionS, seek }: FilePlayerControl) {
  if (state.phase !== 'ready') return null;
  const { durationS } = state;
  return (
    <input
      type="range"
      className={styles.position}
      aria-label={t('upload.position')}
      aria-valuetext={t('upload.positionOf', {
        position: formatDuration(positionS),
        length: formatDuration(durationS),
      })}
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

function TimeAxis({ durationS, atMost }: { durationS: number; atMost: number }) {
  return (
    <div className={styles.axis} aria-hidden="true">
      {durationS > 0 &&
        timeTicks(durationS, atMost).map((timeS) => (
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

interface ToolProps {
  icon: Icon;
  label: string;
  isPossible?: boolean;
  isPressed?: boolean;
  testId: string;
  onPress: () => void;
}

function Tool({ icon: Picture, label, isPossible = true, isPressed, testId, onPress }: ToolProps) {
  return (
    <button
      type="button"
      className={styles.tool}
      aria-label={label}
      title={label}
      aria-pressed={isPressed}
      // Not `disabled`, which would lose the keyboard focus.
      aria-disabled={!isPossible}
      data-testid={testId}
      onClick={() => {
        if (isPossible) onPress();
      }}
    >
      <Picture aria-hidden="true" />
    </button>
  );
}

function PlayButton({ fileName, player }: { fileName: string; player: FilePlayerControl }) {
  const { state, isPlaying, toggle } = player;
  if (state.phase === 'none') return null;
  const label = isPlaying ? t('upload.pause', { name: fileName }) : t('upload.play', { name: fileName });
  return (
    <button
      type="button"
      className={`btn ser-button-primary ${styles.play}`}
      aria-label={label}
      data-testid="play-button"
      disabled={state.phase !== 'ready'}
      onClick={toggle}
    >
      {isPlaying ? <PauseIcon aria-hidden="true" /> : <PlayIcon aria-hidden="true" />}
    </button>
  );
}

interface LegendProps {
  threshold: number | undefined;
  isUncertain: boolean;
}

/** What the hatching means; only where there is any. */
function Legend({ threshold, isUncertain }: LegendProps) {
  if (!isUncertain) return null;
  return (
    <span className={styles.legend} data-testid="uncertain-legend">
      <span className={styles.swatch} aria-hidden="true" />
      {threshold === undefined
        ? t('upload.hatched')
        : t('upload.belowUncertain', { share: formatPercent(threshold) })}
    </span>
  );
}

interface FileTimelineProps {
  file: File;
  drawn: Drawn;
  player: FilePlayerControl;
  /** Below which confidence the model is uncertain; undefined where nobody knows. */
  threshold: number | undefined;
}

/** Player of one file, with its waveform, the likeliest emotion and the probability of each over time. */
export function FileTimeline({ file, drawn, player, threshold }: FileTimelineProps) {
  const { emotions, spans, windows, segments, voices, hasSound } = drawn;
  const { state, positionS } = player;
  const laneHeightRem = useIsPageAtLeast(ROOMY_REM) ? LANE_HEIGHT_REM : LOW_LANE_HEIGHT_REM;
  const ticks = useIsPageAtLeast(LARGE_TEXT_REM) ? TICKS : TICKS_OF_LARGE_TEXT;
  const [zoom, setZoom] = useState(1);
  const [voiceId, setVoiceId] = useState<number | null>(null);
  const isReady = state.phase === 'ready';
  const totalS = (isReady ? state.durationS : drawn.durationS) ?? windows.at(-1)?.endS ?? 0;
  const scroller = useFollowing(totalS > 0 ? positionS / totalS : 0, zoom);
  const waveform = usePeaks({
    file: hasSound && state.phase !== 'unplayable' ? file : undefined,
    durationS: totalS,
    known: drawn.peaks,
    segments,
  });
  const closestZoom = closest(totalS);
  const ofVoice = voiceId === null ? windows : (drawn.windowsOfVoices.get(voiceId) ?? []);
  const names = emotions.map(emotionName).join(', ');
  const isUncertain = spans.some((span) => span.isUncertain) || windows.some((span) => span.isUncertain);

  const playAt = (place: number) => {
    const segment = segments[segmentAt(segments, place * totalS)];
    if (segment && isReady) player.playSegment(segment);
  };

  return (
    <div className={styles.player} data-testid="file-waveform" data-phase={state.phase}>
      <div className={styles.aside}>
        <div className={styles.control}>
          <PlayButton fileName={file.name} player={player} />
        </div>
        {voices.length > 0 ? (
          <VoiceNames voices={voices} chosenId={voiceId} onChoose={setVoiceId} />
        ) : (
          <span className={styles.ribbonName} aria-hidden="true">
            {t('upload.likeliest')}
          </span>
        )}
        <EmotionLaneNames emotions={emotions} laneHeightRem={laneHeightRem} />
      </div>
      <div ref={scroller} className={styles.scroller}>
        <div className={styles.whole} style={{ '--zoom': zoom } as CSSProperties}>
          <div className={styles.wave} data-testid="file-canvas">
            <Waveform peaks={waveform.peaks} />
            {state.phase === 'unplayable' && <p className={styles.hint}>{t('upload.unplayable')}</p>}
          </div>
          {voices.length > 0 ? (
            <VoiceRibbons voices={voices} durationS={totalS} />
          ) : (
            // The rows of segments do the same by keyboard.
            // eslint-disable-next-line jsx-a11y/click-events-have-key-events, jsx-a11y/no-static-element-interactions
            <div
              className={styles.ribbon}
              data-testid="file-ribbon"
              data-playable={isReady && segments.length > 0}
              onClick={({ currentTarget, clientX }) => {
                const { left, width } = currentTarget.getBoundingClientRect();
                playAt((clientX - left) / width);
              }}
            >
              <EmotionRibbon
                spans={spans}
                durationS={totalS}
                label={t('upload.ribbonLabel', { count: segments.length })}
                heightRem={RIBBON_HEIGHT_REM}
              />
            </div>
          )}
          <EmotionLanes
            spans={ofVoice}
            emotions={emotions}
            durationS={totalS}
            label={t('upload.lanesLabel', { emotions: names, count: ofVoice.length })}
            zoom={zoom}
            laneHeightRem={laneHeightRem}
          />
          <Position {...player} />
          <TimeAxis durationS={totalS} atMost={ticks * zoom} />
        </div>
      </div>
      <p className={styles.time}>
        <span data-testid="play-position">
          {state.phase === 'none'
            ? t('upload.noSound')
            : `${formatDuration(positionS)} / ${isReady ? formatDuration(state.durationS) : '--:--'}`}
        </span>
        {isReady && !waveform.isSound && <span data-testid="not-drawn">{t('upload.notDrawn')}</span>}
        <Legend threshold={threshold} isUncertain={isUncertain} />
        <span className={styles.tools}>
          {state.phase !== 'none' && (
            <Tool
              icon={RepeatIcon}
              label={t('upload.repeat')}
              isPossible={isReady}
              isPressed={player.isRepeating}
              testId="repeat-button"
              onPress={() => {
                player.repeat(!player.isRepeating);
              }}
            />
          )}
          <Tool
            icon={ZoomOutIcon}
            label={t('upload.zoomOut')}
            isPossible={zoom > 1}
            testId="zoom-out"
            onPress={() => {
              setZoom(zoom / ZOOM_STEP);
            }}
          />
          <Tool
            icon={ZoomInIcon}
            label={t('upload.zoomIn')}
            isPossible={zoom < closestZoom}
            testId="zoom-in"
            onPress={() => {
              setZoom(zoom * ZOOM_STEP);
            }}
          />
        </span>
      </p>
    </div>
  );
}
