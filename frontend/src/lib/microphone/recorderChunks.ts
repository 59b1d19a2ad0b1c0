import { ProblemError } from '@/lib/problem';
import { CHUNK_MS, SHORTEST_CHUNK_MS, type ChunkOptions, type StopRecording } from './chunk';
import type { Container } from './container';
import { microphoneStalledProblem } from './recordingProblems';

/** How many chunks a started recorder may take to begin. */
const MAX_STALLED_TURNS = 3;

/** The clock goes on while the computer sleeps; a chunk never claims to be longer than this. */
const LONGEST_STRETCH = 2;

interface ChunkRecorder {
  started: Promise<void>;
  hasStarted: () => boolean;
  recordedMs: () => number;
  deliver: () => void;
  discard: () => void;
}

/** One recorder per chunk: later slices of a recorder cannot be decoded alone. */
function startRecorder(
  stream: MediaStream,
  { mimeType, fileName }: Container,
  { onChunk, onFailure, chunkMs }: Required<ChunkOptions>,
): ChunkRecorder {
  const recorder = new MediaRecorder(stream, { mimeType });
  const parts: Blob[] = [];
  let startMs: number | undefined;
  let endMs: number | undefined;

  recorder.addEventListener('dataavailable', ({ data }) => parts.push(data));
  recorder.addEventListener('error', onFailure);
  recorder.addEventListener('stop', () => {
    if (startMs === undefined || endMs === undefined) return;
    const file = new File(parts, fileName, { type: mimeType });
    const earliestStartMs = endMs - LONGEST_STRETCH * chunkMs;
    if (file.size > 0) onChunk({ file, startMs: Math.max(startMs, earliestStartMs), endMs });
    else onFailure(new Error('MediaRecorder delivered no data.'));
  });
  const started = new Promise<void>((resolve) => {
    recorder.addEventListener('start', () => {
      startMs = performance.now();
      resolve();
    });
  });
  const stop = () => {
    if (recorder.state !== 'inactive') recorder.stop();
  };
  recorder.start();

  return {
    started,
    hasStarted: () => startMs !== undefined,
    recordedMs: () => (startMs === undefined ? 0 : performance.now() - startMs),
    deliver: () => {
      endMs = performance.now();
      stop();
    },
    discard: () => {
      endMs = undefined;
      stop();
    },
  };
}

/** Records the stream in chunks without a gap between them. */
export function streamRecorderChunks(
  stream: MediaStream,
  container: Container,
  { chunkMs = CHUNK_MS, ...handlers }: ChunkOptions,
): StopRecording {
  const running = new Set<ChunkRecorder>();
  let timer: ReturnType<typeof setTimeout>;
  let stalledTurns = 0;
  let dueMs = performance.now();

  const begin = () => {
    const recorder = startRecorder(stream, container, { ...handlers, chunkMs });
    running.add(recorder);
    return recorder;
  };

  const schedule = (current: ChunkRecorder) => {
    // Due times are absolute, so that delays do not add up; a very late one restarts the schedule.
    const nowMs = performance.now();
    dueMs += chunkMs;
    if (dueMs - nowMs < chunkMs / 2) dueMs = nowMs + chunkMs;
    timer = setTimeout(() => {
      turn(current);
    }, dueMs - nowMs);
  };

  const waitOn = (stalled: ChunkRecorder) => {
    stalledTurns += 1;
    if (stalledTurns < MAX_STALLED_TURNS) schedule(stalled);
    else handlers.onFailure(new ProblemError(microphoneStalledProblem));
  };

  const turn = (previous: ChunkRecorder) => {
    if (!previous.hasStarted()) {
      waitOn(previous);
      return;
    }
    stalledTurns = 0;
    try {
      const next = begin();
      // The old recorder stops once the next one runs: a short overlap instead of a gap.
      void next.started.then(() => {
        if (running.delete(previous)) previous.deliver();
      });
      schedule(next);
    } catch (error) {
      handlers.onFailure(error);
    }
  };

  schedule(begin());

  return () => {
    clearTimeout(timer);
    for (const recorder of running) {
      if (recorder.recordedMs() >= SHORTEST_CHUNK_MS) recorder.deliver();
      else recorder.discard();
    }
    running.clear();
  };
}
