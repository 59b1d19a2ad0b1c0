import type { Capture } from './capture';
import { chooseContainer, startMediaRecorder } from './mediaRecorderCapture';
import { closeMicrophone, openMicrophone } from './microphone';
import { startPcmCapture } from './pcmCapture';

export const RECORDING_MS = 3000;

export interface RecordClipOptions {
  signal: AbortSignal;
  /** Called when the microphone is open and the recording has begun. */
  onRecording: () => void;
}

async function startCapture(stream: MediaStream): Promise<Capture> {
  const container = chooseContainer();
  return container ? startMediaRecorder(stream, container) : startPcmCapture(stream);
}

function wait(durationMs: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(resolve, durationMs);
    const cancel = () => {
      clearTimeout(timer);
      reject(new DOMException('The recording was cancelled.', 'AbortError'));
    };
    signal.addEventListener('abort', cancel, { once: true });
  });
}

/** Records RECORDING_MS of the microphone, which is closed again whatever happens. */
export async function recordClip({ signal, onRecording }: RecordClipOptions): Promise<File> {
  const stream = await openMicrophone();
  try {
    signal.throwIfAborted();
    const capture = await startCapture(stream);
    try {
      signal.throwIfAborted();
      onRecording();
      await wait(RECORDING_MS, signal);
      return await capture.finish();
    } finally {
      await capture.release();
    }
  } finally {
    closeMicrophone(stream);
  }
}
