import { ProblemError } from '../../../lib/problem';
import type { ChunkOptions } from './chunk';
import { monitorLevel, type LevelMonitor } from './levelMonitor';
import { closeMicrophone, onMicrophoneLost, openMicrophone } from './microphone';
import { microphoneLostProblem } from './recordingProblems';
import { streamChunks } from './streamChunks';

interface ListenerOptions extends ChunkOptions {
  voiceProcessing: boolean;
  signal: AbortSignal;
}

export interface Listener {
  monitor: LevelMonitor;
  stop: () => void;
}

/** Opens the microphone and records it chunk after chunk until it is stopped. */
export async function startListener(options: ListenerOptions): Promise<Listener> {
  const { voiceProcessing, signal, ...chunks } = options;
  const stream = await openMicrophone({ voiceProcessing });
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
      chunks.onFailure(new ProblemError(microphoneLostProblem));
    });
    const monitor = monitorLevel(stream);
    undo.push(monitor.close);
    undo.push(await streamChunks(stream, chunks));
    signal.throwIfAborted();
    return { monitor, stop };
  } catch (error) {
    stop();
    throw error;
  }
}
