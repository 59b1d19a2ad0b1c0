import { CHUNK_MS, type ChunkHandlers, type StopChunks } from './chunk';
import type { Container } from './container';

interface ChunkRecorder {
  started: Promise<void>;
  deliver: () => void;
  discard: () => void;
}

/** One recorder makes one chunk: the later slices of a recorder can't be decoded alone. */
function startRecorder(
  stream: MediaStream,
  { mimeType, fileName }: Container,
  { onChunk, onFailure }: ChunkHandlers,
): ChunkRecorder {
  const recorder = new MediaRecorder(stream, { mimeType });
  const parts: Blob[] = [];
  const startedAtMs = Date.now();
  let endedAtMs: number | undefined;

  recorder.addEventListener('dataavailable', ({ data }) => parts.push(data));
  recorder.addEventListener('error', onFailure);
  recorder.addEventListener('stop', () => {
    if (endedAtMs === undefined) return;
    const file = new File(parts, fileName, { type: mimeType });
    if (file.size > 0) onChunk({ file, startedAtMs, endedAtMs });
    else onFailure(new Error('MediaRecorder delivered no data.'));
  });
  const started = new Promise<void>((resolve) => {
    recorder.addEventListener('start', () => {
      resolve();
    });
  });
  const stop = () => {
    if (recorder.state !== 'inactive') recorder.stop();
  };
  recorder.start();

  return {
    started,
    deliver: () => {
      endedAtMs = Date.now();
      stop();
    },
    discard: () => {
      endedAtMs = undefined;
      stop();
    },
  };
}

/** Records chunk after chunk of the stream and leaves no gap between them. */
export function streamRecorderChunks(
  stream: MediaStream,
  container: Container,
  handlers: ChunkHandlers,
): StopChunks {
  const running = new Set<ChunkRecorder>();
  let timer: ReturnType<typeof setTimeout>;
  let dueAtMs = Date.now();

  const begin = () => {
    const recorder = startRecorder(stream, container, handlers);
    running.add(recorder);
    return recorder;
  };

  const schedule = (current: ChunkRecorder) => {
    // Due times are absolute, so that late timers do not add up; a very late one starts anew.
    const nowMs = Date.now();
    dueAtMs += CHUNK_MS;
    if (dueAtMs - nowMs < CHUNK_MS / 2) dueAtMs = nowMs + CHUNK_MS;
    timer = setTimeout(() => {
      turn(current);
    }, dueAtMs - nowMs);
  };

  const turn = (previous: ChunkRecorder) => {
    try {
      const next = begin();
      // Only when the next one surely runs may this one end: a hair of overlap instead of a gap.
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
    for (const recorder of running) recorder.discard();
    running.clear();
  };
}
