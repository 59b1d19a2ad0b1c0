import type { Model } from '@/lib/apiSchemas';
import type { EmotionService } from '@/lib/emotionService';
import { predictWithBaseline } from '@/features/voice/lib/predictWithBaseline';
import { checkHealth } from '@/lib/retries';
import type { Chunk } from '@/lib/microphone/chunk';
import { ChunkSender } from './chunkSender';
import { streamChunks } from '@/lib/microphone/streamChunks';
import type { RequestSettings, PredictedSpan, Transport, TransportEvents } from './transport';

/** A server that is silent for longer counts as unreachable. */
const ANSWER_TIMEOUT_MS = 30_000;

interface ChunkRequest extends Chunk, Omit<PredictedSpan, 'file'> {
  asked: Model | undefined;
}

/** Sends chunks of 3 s, each as one POST /predict. */
export function createChunkTransport(
  settings: () => RequestSettings,
  events: TransportEvents,
): Transport {
  const senderTo = (service: EmotionService) =>
    new ChunkSender<ChunkRequest>({
      ...events,
      onConnection: (connection) => {
        events.onServer(connection.kind === 'up' ? { kind: 'back' } : connection);
      },
      checkHealth,
      predict: ({ file, asked }, signal) =>
        predictWithBaseline(file, {
          signal,
          model: asked,
          timeoutMs: ANSWER_TIMEOUT_MS,
          baselines: settings().baselines,
          service,
        }),
    });
  let recordedFor = settings().service;
  let sender = senderTo(recordedFor);
  let changedAtMs = -Infinity;
  return {
    record: (stream, onFailure) =>
      streamChunks(stream, {
        onChunk: (chunk) => {
          const { model, isModelPending } = settings();
          if (isModelPending || chunk.startMs < changedAtMs) {
            events.onSkipped();
            return;
          }
          sender.offer({
            ...chunk,
            endedAtMs: Date.now(),
            model: model?.name,
            asked: model,
          });
        },
        onFailure,
      }),
    // Each chunk reads the current model when it ends. It goes to nobody else than it was recorded for.
    follow: () => {
      const { service } = settings();
      if (service === recordedFor) return;
      recordedFor = service;
      changedAtMs = performance.now();
      sender.close();
      sender = senderTo(service);
      events.onServer({ kind: 'up' });
    },
    finish: () => {
      sender.finish();
    },
    close: () => {
      sender.close();
    },
  };
}
