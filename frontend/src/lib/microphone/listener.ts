import { ProblemError } from '@/lib/problem';
import type { StopRecording } from './chunk';
import { monitorLevel, type LevelMonitor } from './levelMonitor';
import {
  closeMicrophone,
  onMicrophoneLost,
  openMicrophone,
  type MicrophoneOptions,
} from './microphone';
import { microphoneLostProblem } from './recordingProblems';

interface ListenerOptions {
  microphone: MicrophoneOptions;
  signal: AbortSignal;
  /** Starts recording the stream. */
  record: (stream: MediaStream) => Promise<StopRecording>;
  onFailure: (error: unknown) => void;
}

export interface Listener {
  monitor: LevelMonitor;
  stop: () => void;
}

/** Opens the microphone and records it until it is stopped. */
export async function startListener(options: ListenerOptions): Promise<Listener> {
  const { microphone, signal, record, onFailure } = options;
  const stream = await openMicrophone(microphone);
  const undo = [
    () => {
      closeMicrophone(stream);
    },
  ];
  const stop = () => {
    for (const step of undo.splice(0).reverse()) step();
  };
  try {
    signal.throwIfAborted();
    signal.addEventListener('abort', stop, { once: true });
    onMicrophoneLost(stream, () => {
      onFailure(new ProblemError(microphoneLostProblem));
    });
    const monitor = monitorLevel(stream);
    undo.push(monitor.close);
    undo.push(await record(stream));
    signal.throwIfAborted();
    return { monitor, stop };
  } catch (error) {
    stop();
    throw error;
  }
}
