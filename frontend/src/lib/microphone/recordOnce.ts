import { ProblemError } from '@/lib/problem';
import type { LevelMonitor } from './levelMonitor';
import type { MicrophoneOptions } from './microphone';
import { startListener, type Listener } from './listener';
import { toRecordingProblem } from './recordingProblems';
import { streamChunks } from './streamChunks';

interface RecordOptions {
  durationMs: number;
  microphone: MicrophoneOptions;
  signal: AbortSignal;
  onStarted: (monitor: LevelMonitor) => void;
}

/** Opens the microphone, records for `durationMs` and closes it. Rejects with a ProblemError. */
export function recordOnce(options: RecordOptions): Promise<File> {
  const { durationMs, microphone, signal, onStarted } = options;
  return new Promise((resolve, reject) => {
    let listener: Listener | undefined;
    let isOver = false;
    const end = (settle: () => void) => {
      isOver = true;
      listener?.stop();
      settle();
    };
    const fail = (error: unknown) => {
      end(() => {
        reject(new ProblemError(toRecordingProblem(error), { cause: error }));
      });
    };
    startListener({
      microphone,
      signal,
      record: (stream) =>
        streamChunks(stream, {
          chunkMs: durationMs,
          onChunk: ({ file }) => {
            // What was recorded until it was cancelled is delivered, too.
            if (signal.aborted) return;
            end(() => {
              resolve(file);
            });
          },
          onFailure: fail,
        }),
      onFailure: fail,
    }).then((started) => {
      listener = started;
      if (isOver) started.stop();
      else onStarted(started.monitor);
    }, fail);
    signal.addEventListener(
      'abort',
      () => {
        fail(signal.reason);
      },
      { once: true },
    );
  });
}
