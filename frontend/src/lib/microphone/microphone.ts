import { ProblemError } from '@/lib/problem';
import { insecurePageProblem, recordingUnsupportedProblem } from './recordingProblems';

export interface MicrophoneOptions {
  /** The browser's echo cancellation, noise suppression and automatic gain. */
  voiceProcessing: boolean;
  /** Which one; empty for the browser's choice, which is taken too where that one is not there. */
  deviceId: string;
}

function constraintsFor({ voiceProcessing, deviceId }: MicrophoneOptions): MediaStreamConstraints {
  return {
    audio: {
      ...(deviceId && { deviceId: { ideal: deviceId } }),
      channelCount: 1,
      echoCancellation: voiceProcessing,
      noiseSuppression: voiceProcessing,
      autoGainControl: voiceProcessing,
    },
  };
}

export async function openMicrophone(options: MicrophoneOptions): Promise<MediaStream> {
  // Pages on plain http lack mediaDevices, although the types declare it.
  const mediaDevices = navigator.mediaDevices as MediaDevices | undefined;
  if (mediaDevices) return mediaDevices.getUserMedia(constraintsFor(options));
  throw new ProblemError(
    window.isSecureContext ? recordingUnsupportedProblem : insecurePageProblem(window.location),
  );
}

export function closeMicrophone(stream: MediaStream): void {
  for (const track of stream.getTracks()) track.stop();
}

/** Calls back when the microphone ends by itself: unplugged, or its permission revoked. */
export function onMicrophoneLost(stream: MediaStream, lost: () => void): void {
  for (const track of stream.getTracks()) track.addEventListener('ended', lost, { once: true });
}
