import { EmotionShares } from '../../../components/EmotionShares';
import { ProbabilityBars } from '../../../components/ProbabilityBars';
import { formatLength } from '../../../lib/format';
import type { Segment, SpokenTimeline, TimelineWindow } from '../../../lib/timelineSchemas';
import { summaryWords, TRUNCATED_WORDS } from '../lib/timelineWords';
import type { Upload, UploadState } from '../lib/uploads';
import { ExportButtons } from './ExportButtons';
import { FileTimeline } from './FileTimeline';
import styles from './UploadDetails.module.css';

/** Always the same, so that nothing is marked anew without need. */
const nothingDrawn = {
  emotions: [] as string[],
  windows: [] as TimelineWindow[],
  durationS: null as number | null,
  segments: [] as Segment[],
};

function Distribution({ distribution, speech_s: speechS }: SpokenTimeline) {
  const total = Object.values(distribution).reduce((sum, seconds) => sum + seconds, 0) || speechS;
  return (
    <EmotionShares
      label="Speech by emotion"
      shares={Object.entries(distribution).map(([emotion, seconds]) => ({
        emotion,
        share: total > 0 ? seconds / total : 0,
        amount: formatLength(seconds),
      }))}
    />
  );
}

/** One emotion throughout needs no list of when, and no shares. */
function Figures({ timeline }: { timeline: SpokenTimeline }) {
  const hasParts = timeline.segments.length > 1;
  return (
    <div className={styles.figures}>
      <section>
        {hasParts && <h3 className={styles.heading}>Probabilities, on average</h3>}
        <ProbabilityBars probabilities={timeline.probabilities} />
      </section>
      {hasParts && (
        <section>
          <h3 className={styles.heading}>Seconds of speech</h3>
          <Distribution {...timeline} />
        </section>
      )}
    </div>
  );
}

/** What can be drawn of a file by now. */
function drawn(state: UploadState) {
  if (state.phase === 'done') {
    const { probabilities, windows, duration_s: durationS, segments } = state.timeline;
    return { emotions: Object.keys(probabilities), windows, durationS, segments };
  }
  if (state.phase !== 'analysing') return nothingDrawn;
  const { emotions, windows, durationS } = state.analysis;
  return { ...nothingDrawn, emotions, windows, durationS };
}

/** All there is to know of a file, as far as its analysis has come. */
export function UploadDetails({ upload: { file, state } }: { upload: Upload }) {
  const timeline = state.phase === 'done' ? state.timeline : undefined;
  return (
    <>
      {timeline?.truncated && <p className={styles.notice}>⚠️ {TRUNCATED_WORDS}</p>}
      <FileTimeline file={file} {...drawn(state)} />
      {timeline && (
        <>
          <Figures timeline={timeline} />
          <p className={styles.summary} data-testid="timeline-summary">
            {summaryWords(timeline)}
          </p>
          <ExportButtons fileName={file.name} timeline={timeline} />
        </>
      )}
    </>
  );
}
