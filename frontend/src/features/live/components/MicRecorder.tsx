import type { RecordingControl, RecordingPhase } from '../hooks/useRecording';
import { RECORDING_MS } from '../lib/recordClip';
import { CountdownRing } from './CountdownRing';
import { MicrophoneIcon } from './MicrophoneIcon';
import styles from './MicRecorder.module.css';

const labels: Record<RecordingPhase, string> = {
  idle: `Record ${RECORDING_MS / 1000} s`,
  asking: 'Cancel',
  recording: 'Cancel recording',
};

interface MicRecorderProps {
  recording: RecordingControl;
  onStart: () => void;
}

export function MicRecorder({ recording, onStart }: MicRecorderProps) {
  const { phase, start, cancel } = recording;

  const toggle = () => {
    if (phase !== 'idle') {
      cancel();
      return;
    }
    onStart();
    start();
  };

  return (
    <section className="card ser-card text-center" aria-labelledby="record-heading">
      <div className="card-body d-flex flex-column align-items-center">
        <h2 className="h6 ser-way-in" id="record-heading">
          Use your microphone
        </h2>
        <button
          type="button"
          className={styles.button}
          data-phase={phase}
          data-testid="record-button"
          aria-describedby="record-hint"
          onClick={toggle}
        >
          <span className={styles.disc}>
            {phase === 'recording' ? (
              <CountdownRing durationMs={RECORDING_MS} />
            ) : (
              <MicrophoneIcon />
            )}
          </span>
          <span className={styles.label}>{labels[phase]}</span>
        </button>
        <p className="text-body-secondary small mb-0" id="record-hint">
          Say a sentence the way you feel it.
        </p>
      </div>
    </section>
  );
}
