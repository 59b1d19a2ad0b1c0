import { predictVoice } from '../../../lib/predictVoice';
import { checkHealth } from './checkHealth';
import type { Chunk } from './chunk';
import { ChunkSender } from './chunkSender';
import { streamChunks } from './streamChunks';
import type { Asked, HeardSpan, Transport, TransportEvents } from './transport';

/** A server that says nothing for so long is as good as away. */
const ANSWER_TIMEOUT_MS = 30_000;

interface AskedChunk extends Chunk, HeardSpan {
  baselineKind: string | undefined;
}

/** Sends pieces of a few seconds, each as a request of its own. */
export function createChunkTransport(asked: () => Asked, events: TransportEvents): Transport {
  const sender = new ChunkSender<AskedChunk>({
    ...events,
    onConnection: (connection) => {
      events.onServer(connection.kind === 'up' ? { kind: 'back' } : connection);
    },
    checkHealth,
    predict: ({ file, model, baselineKind }, signal) =>
      predictVoice(file, {
        signal,
        model,
        timeoutMs: ANSWER_TIMEOUT_MS,
        voices: asked().voices,
        kind: baselineKind,
      }),
  });
  return {
    record: (stream, onFailure) =>
      streamChunks(stream, {
        onChunk: (chunk) => {
          const { model, isModelPending } = asked();
          if (isModelPending) {
            events.onSkipped();
            return;
          }
          sender.offer({
            ...chunk,
            endedAtMs: Date.now(),
            model: model?.name,
            baselineKind: model?.baseline_kind,
          });
        },
        onFailure,
      }),
    // Each chunk is asked about with what is chosen then.
    follow: () => undefined,
    finish: () => {
      sender.finish();
    },
    close: () => {
      sender.close();
    },
  };
}
