import { EmotionLabel } from '@/components/EmotionLabel';
import { ProgressBar } from '@/components/ProgressBar';
import { formatDuration, formatPercent } from '@/lib/format';
import type { SpeechTimeline } from '@/lib/timelineSchemas';
import { fractionDone, type Analysis } from '../lib/analysis';
import { confidenceText, topShares } from '../lib/timelineText';
import type { UploadState } from '../lib/uploads';
import styles from './UploadItem.module.css';

function progressText({ pass, passes, doneS, durationS }: Analysis): string {
  if (passes === 0) return 'Analysing …';
  const passWords = passes > 1 ? `Pass ${pass} of ${passes}: ` : '';
  const wholeWords = durationS === null ? '' : ` of ${formatDuration(durationS)}`;
  return `${passWords}${formatDuration(doneS)}${wholeWords}`;
}

/** Two emotions have nearly as many seconds of speech: both are the headline. */
function MixedOutcome({ timeline }: { timeline: SpeechTimeline }) {
  return (
    <span className={styles.emotion}>
      <span>Mixed:</span>
      {topShares(timeline).map(({ emotion, share }) => (
        <span key={emotion} className={styles.share}>
          <EmotionLabel emotion={emotion} isUncertain={timeline.low_information} />
          <strong>{formatPercent(share)}</strong>
        </span>
      ))}
      <span>of speech</span>
    </span>
  );
}

/** The state of a file in one line. */
export function UploadOutcome({ state }: { state: UploadState }) {
  switch (state.phase) {
    case 'waiting':
      return <span className={styles.quiet}>Waiting</span>;
    case 'sending':
      return (
        <span className={styles.progress}>
          <span className={styles.quiet}>Sending</span>
          <ProgressBar label="Upload" progress={state.progress} />
        </span>
      );
    case 'analysing':
      return (
        <span className={styles.progress}>
          <span className={styles.quiet}>{progressText(state.analysis)}</span>
          <ProgressBar label="Analysis" progress={fractionDone(state.analysis)} />
        </span>
      );
    case 'pausing':
      return <span className={styles.quiet}>The server is busy. Trying again soon.</span>;
    case 'cancelled':
      return <span className={styles.quiet}>Cancelled</span>;
    case 'no_speech':
      return <span>🤫 No speech</span>;
    case 'failed':
      return <span>⚠️ {state.problem.title}</span>;
    case 'done': {
      const { timeline } = state;
      if (timeline.mixed) return <MixedOutcome timeline={timeline} />;
      return (
        <span className={styles.emotion}>
          <EmotionLabel emotion={timeline.emotion} isUncertain={timeline.low_information} />
          <strong>{confidenceText(timeline)}</strong>
        </span>
      );
    }
  }
}
