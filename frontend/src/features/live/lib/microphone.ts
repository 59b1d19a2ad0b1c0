import { ProblemError } from '../../../lib/problem';
import { insecurePageProblem, recordingUnsupportedProblem } from './recordingProblems';

// The browser's call processing flattens the very loudness and tone an emotion is heard in.
const constraints: MediaStreamConstraints = {
  audio: {
    channelCount: 1,
    echoCancellation: false,
    noiseSuppression: false,
    autoGainControl: false,
  },
};

export async function openMicrophone(): Promise<MediaStream> {
  // The types promise mediaDevices, but pages on plain http do not have it.
  const mediaDevices = navigator.mediaDevices as MediaDevices | undefined;
  if (mediaDevices) return mediaDevices.getUserMedia(constraints);
  throw new ProblemError(
    window.isSecureContext ? recordingUnsupportedProblem : insecurePageProblem(window.location),
  );
}

export function closeMicrophone(stream: MediaStream): void {
  for (const track of stream.getTracks()) track.stop();
}
