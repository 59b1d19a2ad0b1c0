import type { Model } from '../../../lib/apiSchemas';
import type { EmotionService } from '../../../lib/emotionService';
import { predictWithBaseline } from '../../../lib/predictWithBaseline';
import { changedProblem, ProblemError } from '../../../lib/problem';
import { checkHealth } from './checkHealth';
import type { Chunk } from './chunk';
import { ChunkSender } from './chunkSender';
import { streamChunks } from './streamChunks';
import type { RequestSettings, PredictedSpan, Transport, TransportEvents } from './transport';

/** A server that is silent for longer counts as unreachable. */
const ANSWER_TIMEOUT_MS = 30_000;

interface ChunkRequest extends Chunk, PredictedSpan {
  asked: Model | undefined;
  /** A clip goes to nobody else than it was recorded for. */
  service: EmotionService;
}

/** Sends chunks of 3 s, each as one POST /predict. */
export function createChunkTransport(
  settings: () => RequestSettings,
  events: TransportEvents,
): Transport {
  let recordedFor = settings().service;
  let changedAtMs = -Infinity;
  const sender = new ChunkSender<ChunkRequest>({
    ...events,
    onConnection: (connection) => {
      events.onServer(connection.kind === 'up' ? { kind: 'back' } : connection);
    },
    checkHealth,
    predict: async ({ file, asked, service }, signal) => {
      const { baselines, service: current } = settings();
      if (service !== current) throw new ProblemError(changedProblem);
      return predictWithBaseline(file, {
        signal,
        model: asked,
        timeoutMs: ANSWER_TIMEOUT_MS,
        baselines,
        service,
      });
    },
  });
  return {
    record: (stream, onFailure) =>
      streamChunks(stream, {
        onChunk: (chunk) => {
          const { model, isModelPending, service } = settings();
          if (isModelPending || chunk.startMs < changedAtMs) {
            events.onSkipped();
            return;
          }
          sender.offer({
            ...chunk,
            endedAtMs: Date.now(),
            model: model?.name,
            asked: model,
            service,
          });
        },
        onFailure,
      }),
    // Each chunk reads the current model when it ends; one that was begun for another service is left out.
    follow: () => {
      const { service } = settings();
      if (service === recordedFor) return;
      recordedFor = service;
      changedAtMs = performance.now();
    },
    finish: () => {
      sender.finish();
    },
    close: () => {
      sender.close();
    },
  };
}
