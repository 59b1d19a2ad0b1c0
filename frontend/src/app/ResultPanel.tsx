import { useRef } from 'react';
import { EmotionCard } from '../components/EmotionCard';
import { ProbabilityBars } from '../components/ProbabilityBars';
import { StatusMessage } from '../components/StatusMessage';
import { UploadProgress } from '../components/UploadProgress';
import type { RecordingPhase } from '../features/live/hooks/useRecording';
import type { Prediction } from '../lib/apiSchemas';
import { formatPercent } from '../lib/format';
import type { PredictionState } from '../lib/usePrediction';
import { describeStatus } from './describeStatus';
import styles from './ResultPanel.module.css';

interface ResultPanelProps {
  state: PredictionState;
  recordingPhase: RecordingPhase;
  onCancel: () => void;
}

function Announcement({ emotion, confidence }: Prediction) {
  return (
    <p className="visually-hidden">
      {emotion}, {formatPercent(confidence)} confidence
    </p>
  );
}

function Result({ emotion, confidence, probabilities }: Prediction) {
  return (
    <div className={styles.result}>
      <EmotionCard emotion={emotion} confidence={confidence} />
      <ProbabilityBars probabilities={probabilities} />
    </div>
  );
}

export function ResultPanel({ state, recordingPhase, onCancel }: ResultPanelProps) {
  const panel = useRef<HTMLElement>(null);
  const isDone = state.phase === 'done';

  const cancel = () => {
    // The button is about to go; the keyboard's place should not go with it.
    panel.current?.focus();
    onCancel();
  };

  return (
    <section
      ref={panel}
      tabIndex={-1}
      className={`card ser-card ${styles.panel}`}
      aria-labelledby="result-heading"
    >
      <div className={`card-body ${styles.body}`}>
        <div className={styles.heading}>
          <h2 className="h6" id="result-heading">
            Result
          </h2>
          {isDone && <span className={styles.clipName}>{state.clipName}</span>}
        </div>
        <div className={styles.content}>
          <div role="status" aria-live="polite" data-testid="status-message">
            {isDone ? (
              <Announcement {...state.prediction} />
            ) : (
              <StatusMessage {...describeStatus(state, recordingPhase)} />
            )}
          </div>
          {state.phase === 'uploading' && (
            <UploadProgress progress={state.progress} onCancel={cancel} />
          )}
          {state.phase === 'analysing' && <UploadProgress progress={1} onCancel={cancel} />}
          {isDone && <Result {...state.prediction} />}
        </div>
      </div>
    </section>
  );
}
