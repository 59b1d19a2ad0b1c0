import { ProblemError } from '../../../lib/problem';
import { insecurePageProblem, recordingUnsupportedProblem } from './recordingProblems';

interface MicrophoneOptions {
  /** Echo cancellation, noise suppression and automatic gain of the browser. */
  voiceProcessing: boolean;
}

function constraintsFor({ voiceProcessing }: MicrophoneOptions): MediaStreamConstraints {
  return {
    audio: {
      channelCount: 1,
      echoCancellation: voiceProcessing,
      noiseSuppression: voiceProcessing,
      autoGainControl: voiceProcessing,
    },
  };
}

export async function openMicrophone(options: MicrophoneOptions): Promise<MediaStream> {
  // The types promise mediaDevices, but pages on plain http do not have it.
  const mediaDevices = navigator.mediaDevices as MediaDevices | undefined;
  if (mediaDevices) return mediaDevices.getUserMedia(constraintsFor(options));
  throw new ProblemError(
    window.isSecureContext ? recordingUnsupportedProblem : insecurePageProblem(window.location),
  );
}

export function closeMicrophone(stream: MediaStream): void {
  for (const track of stream.getTracks()) track.stop();
}

/** Calls back when the microphone goes away by itself: unplugged, or its permission taken back. */
export function onMicrophoneLost(stream: MediaStream, lost: () => void): void {
  for (const track of stream.getTracks()) track.addEventListener('ended', lost, { once: true });
}
