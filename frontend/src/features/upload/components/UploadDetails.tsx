import { EmotionShares } from '@/components/EmotionShares';
import { ExpressionSummary } from '@/components/ExpressionSummary';
import { ProbabilityBars } from '@/components/ProbabilityBars';
import { formatLength } from '@/lib/format';
import type { Segment, SpeechTimeline, TimelineWindow } from '@/lib/timelineSchemas';
import { summaryText, TRUNCATED_TEXT } from '../lib/timelineText';
import type { Upload, UploadState } from '../lib/uploads';
import { ExportButtons } from './ExportButtons';
import { FileTimeline } from './FileTimeline';
import styles from './UploadDetails.module.css';

/** One constant object, so that effects do not run again. */
const nothingDrawn = {
  emotions: [] as string[],
  windows: [] as TimelineWindow[],
  durationS: null as number | null,
  segments: [] as Segment[],
};

function Distribution({ distribution, speech_s: speechS }: SpeechTimeline) {
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

/** A single segment needs no distribution. */
function Figures({ timeline }: { timeline: SpeechTimeline }) {
  const hasParts = timeline.segments.length > 1;
  return (
    <div className={styles.figures}>
      <section>
        {hasParts && <h3 className={styles.heading}>Mean probabilities</h3>}
        <ProbabilityBars probabilities={timeline.probabilities} />
      </section>
      {hasParts && (
        <section>
          <h3 className={styles.heading}>Seconds of speech</h3>
          <Distribution {...timeline} />
        </section>
      )}
      <ExpressionSummary
        answer={timeline}
        isUncertain={timeline.low_information}
        source={hasParts ? 'mean probabilities' : 'probabilities'}
      />
    </div>
  );
}

/** What can be drawn so far. */
function drawn(state: UploadState) {
  if (state.phase === 'done') {
    const { probabilities, windows, duration_s: durationS, segments } = state.timeline;
    return { emotions: Object.keys(probabilities), windows, durationS, segments };
  }
  if (state.phase !== 'analysing') return nothingDrawn;
  const { emotions, windows, durationS } = state.analysis;
  return { ...nothingDrawn, emotions, windows, durationS };
}

/** The details of a file, as far as its analysis has come. */
export function UploadDetails({ upload: { file, state } }: { upload: Upload }) {
  const timeline = state.phase === 'done' ? state.timeline : undefined;
  return (
    <>
      {timeline?.truncated && <p className={styles.notice}>⚠️ {TRUNCATED_TEXT}</p>}
      <FileTimeline file={file} {...drawn(state)} />
      {timeline && (
        <>
          <Figures timeline={timeline} />
          <p className={styles.summary} data-testid="timeline-summary">
            {summaryText(timeline)}
          </p>
          <ExportButtons fileName={file.name} timeline={timeline} />
        </>
      )}
    </>
  );
}
