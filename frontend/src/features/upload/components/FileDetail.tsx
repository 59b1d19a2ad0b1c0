import { useEffect, useMemo, useRef, useState, type ReactNode } from 'react';
import BesideIcon from '~icons/lucide/columns-2';
import InfoIcon from '~icons/lucide/info';
import PrintIcon from '~icons/lucide/printer';
import RemoveIcon from '~icons/lucide/trash';
import FailedIcon from '~icons/lucide/triangle-alert';
import { EmotionRibbon } from '@/components/EmotionRibbon';
import { Menu } from '@/components/Menu';
import { SideBySide, type Compared } from '@/components/SideBySide';
import { StatusMessage } from '@/components/StatusMessage';
import type { Model } from '@/lib/apiSchemas';
import { formatDuration, formatLength } from '@/lib/format';
import { t } from '@/lib/i18n';
import type { SpeechTimeline } from '@/lib/timelineSchemas';
import { useFilePlayer } from '../hooks/useFilePlayer';
import { drawnOf, type Drawn } from '../lib/drawn';
import { secondsShares } from '../lib/secondsShares';
import { segmentAt, spansOf } from '../lib/spans';
import { baselineRemark, noSpeechText } from '../lib/timelineText';
import { isPlayable, timelineOf, type Upload } from '../lib/uploads';
import { ExportMenu } from './ExportMenu';
import styles from './FileDetail.module.css';
import { FileFigures } from './FileFigures';
import { FileOutcome, type WaitsFor } from './FileOutcome';
import { FileTimeline } from './FileTimeline';
import { Headline } from './Headline';
import { SegmentTable } from './SegmentTable';

const noEmotions: string[] = [];

/** What to know about a result. */
function Remarks({ upload }: { upload: Upload }) {
  const { state } = upload;
  if (state.phase !== 'done' && state.phase !== 'no_speech') return null;
  const fellBack = state.phase === 'done' && baselineRemark(state.timeline, state.asked.baselineSource);
  const remarks = [
    state.timeline.truncated && t('upload.truncated'),
    state.timeline.same_channels && t('upload.sameChannels'),
    fellBack,
  ].filter((each) => typeof each === 'string');
  return remarks.map((each) => (
    <p key={each} className={styles.remark} data-testid="remark">
      <InfoIcon aria-hidden="true" /> <span>{each}</span>
    </p>
  ));
}

function comparedFile(name: string, timeline: SpeechTimeline): Compared {
  const { duration_s: durationS, speech_s: speechS, segments, distribution } = timeline;
  return {
    name,
    head: (
      <>
        <Headline headline={timeline} size="small" />
        <EmotionRibbon spans={spansOf(segments)} durationS={durationS} heightRem={1.25} />
      </>
    ),
    lengths: t('upload.lengths', { length: formatDuration(durationS), speech: formatLength(speechS) }),
    shares: secondsShares(distribution),
  };
}

interface PlayedProps {
  upload: Upload;
  drawn: Drawn;
  isShown: boolean;
  threshold: number | undefined;
  children: ReactNode;
}

/** The player, with the segments that follow it. */
function Played({ upload, drawn, isShown, threshold, children }: PlayedProps) {
  const { segments, voices } = drawn;
  const player = useFilePlayer(drawn.hasSound ? upload.file : undefined, segments, isShown);
  const { state, isPlaying, positionS, playSegment } = player;
  return (
    <>
      <FileTimeline file={upload.file} drawn={drawn} player={player} threshold={threshold} />
      <div className={styles.below}>
        {segments.length > 1 && (
          <SegmentTable
            segments={segments}
            voices={voices}
            playedIndex={isPlaying ? segmentAt(segments, positionS) : -1}
            onPlay={state.phase === 'ready' ? playSegment : undefined}
          />
        )}
        {children}
      </div>
    </>
  );
}

interface FileDetailProps {
  upload: Upload;
  /** Finished ones, to compare with. */
  others: Upload[];
  model: Model | undefined;
  /** What is not ready yet. */
  waitsFor: WaitsFor | undefined;
  isShown: boolean;
  onRemove: () => void;
}

/** One file: what it is mostly, when, and how sure. */
export function FileDetail(props: FileDetailProps) {
  const { upload, others, model, waitsFor, isShown, onRemove } = props;
  const { file, state } = upload;
  const [otherId, setOtherId] = useState<string>();
  const heading = useRef<HTMLHeadingElement>(null);
  const emotions = model?.emotions ?? noEmotions;
  const hasSound = isPlayable(upload);
  const drawn = useMemo(() => drawnOf(state, emotions, hasSound), [state, emotions, hasSound]);
  const timeline = timelineOf(upload);
  const other = others.find(({ id }) => id === otherId);
  const otherTimeline = other && timelineOf(other);
  const threshold = timeline && timeline.model === model?.name ? model.abstains_below : undefined;

  useEffect(() => {
    if (otherId !== undefined) heading.current?.focus();
  }, [otherId]);

  return (
    <article className={styles.detail} aria-labelledby="file-detail-heading" data-testid="file-detail">
      <header className={styles.header}>
        <div className={styles.titles}>
          <h2
            ref={heading}
            tabIndex={-1}
            className={styles.fileName}
            id="file-detail-heading"
            title={file.name}
          >
            {file.name}
          </h2>
          <div className={styles.outcome} data-testid="file-outcome">
            {timeline && <Headline headline={timeline} size="large" />}
            {!timeline && state.phase !== 'failed' && (
              <FileOutcome state={state} waitsFor={waitsFor} />
            )}
          </div>
        </div>
        <div className={styles.actions}>
          {timeline && others.length > 0 && (
            <Menu icon={BesideIcon} label={t('common.sideBySide')} testId="side-by-side-menu">
              {others.map(({ id, file: { name } }) => (
                <button
                  key={id}
                  type="button"
                  title={name}
                  onClick={() => {
                    setOtherId(id);
                  }}
                >
                  {name}
                </button>
              ))}
            </Menu>
          )}
          {timeline && (
            <>
              <ExportMenu fileName={file.name} timeline={timeline} />
              <button
                type="button"
                className={`btn btn-sm ser-button ${styles.action}`}
                data-testid="print-report"
                onClick={() => {
                  window.print();
                }}
              >
                <PrintIcon aria-hidden="true" /> <span>{t('upload.print')}</span>
              </button>
            </>
          )}
          <button
            type="button"
            className={`btn btn-sm ser-button ${styles.action}`}
            aria-label={t('upload.removeFile', { name: file.name })}
            title={t('upload.remove')}
            data-testid="remove-upload"
            onClick={onRemove}
          >
            <RemoveIcon aria-hidden="true" />
          </button>
        </div>
      </header>
      <Remarks upload={upload} />
      {state.phase === 'failed' && (
        <StatusMessage icon={FailedIcon} title={state.problem.title} detail={state.problem.remedy} />
      )}
      {state.phase === 'no_speech' && <p className={styles.quiet}>{noSpeechText(state.timeline)}</p>}
      {timeline && other && otherTimeline ? (
        <SideBySide
          caption={t('upload.speechByEmotion')}
          compared={[comparedFile(file.name, timeline), comparedFile(other.file.name, otherTimeline)]}
          onClose={() => {
            setOtherId(undefined);
            heading.current?.focus();
          }}
        />
      ) : (
        (hasSound || timeline) && (
          <Played upload={upload} drawn={drawn} isShown={isShown} threshold={threshold}>
            {timeline && <FileFigures timeline={timeline} />}
          </Played>
        )
      )}
    </article>
  );
}
