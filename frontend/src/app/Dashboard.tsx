import { useRecording } from '../features/live/hooks/useRecording';
import { MicRecorder } from '../features/live/components/MicRecorder';
import { FilePicker } from '../features/upload/components/FilePicker';
import { usePrediction } from '../lib/usePrediction';
import { ResultPanel } from './ResultPanel';

export function Dashboard() {
  const { state, analyse, reset, fail } = usePrediction();
  const recording = useRecording({ onClip: analyse, onProblem: fail });
  const isRecording = recording.phase !== 'idle';

  return (
    <div className="container-lg ser-page">
      <header className="text-center">
        <h1>Speech Emotion Recognition</h1>
        <p className="text-body-secondary mb-0">Speak, and see the emotion your voice carries.</p>
      </header>

      <main className="row g-3 g-sm-4">
        <div className="col-lg-5 d-flex flex-column gap-3 gap-sm-4">
          <MicRecorder recording={recording} onStart={reset} />
          <FilePicker disabled={isRecording} onFile={analyse} onProblem={fail} />
        </div>
        <div className="col-lg-7">
          <ResultPanel state={state} recordingPhase={recording.phase} onCancel={reset} />
        </div>
      </main>

      <footer className="text-center text-body-secondary small">
        <p className="mb-1">
          The emotion is an estimate from the sound of a voice, not a fact about a person. Audio is
          sent to this server only and is not stored.
        </p>
        <a href="/docs">API documentation</a>
      </footer>
    </div>
  );
}
