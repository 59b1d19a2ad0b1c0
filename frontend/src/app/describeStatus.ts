import type { StatusMessageProps } from '../components/StatusMessage';
import type { RecordingPhase } from '../features/live/hooks/useRecording';
import type { PredictionState } from '../lib/usePrediction';

type PendingState = Exclude<PredictionState, { phase: 'done' }>;

const recordingStatus: Record<Exclude<RecordingPhase, 'idle'>, StatusMessageProps> = {
  asking: {
    tone: 'calm',
    emoji: '🎙️',
    title: 'Waiting for the microphone',
    detail: 'Allow it when the browser asks.',
  },
  recording: { tone: 'calm', emoji: '👂', title: 'Recording', detail: 'Speak now.' },
};

/** What to say while there is no result to show. */
export function describeStatus(
  state: PendingState,
  recordingPhase: RecordingPhase,
): StatusMessageProps {
  if (recordingPhase !== 'idle') return recordingStatus[recordingPhase];
  switch (state.phase) {
    case 'idle':
      return {
        tone: 'calm',
        emoji: '🎧',
        title: 'Nothing heard yet',
        detail: 'Record your voice or choose a file; the result appears here.',
      };
    case 'uploading':
      return { tone: 'calm', emoji: '📤', title: 'Sending', detail: state.clipName };
    case 'analysing':
      return { tone: 'calm', emoji: '👂', title: 'Listening', detail: state.clipName };
    case 'no_speech':
      return {
        tone: 'calm',
        emoji: '🤫',
        title: state.problem.title,
        detail: state.problem.remedy,
      };
    case 'failed':
      return {
        tone: 'problem',
        emoji: '⚠️',
        title: state.problem.title,
        detail: state.problem.remedy,
      };
  }
}
