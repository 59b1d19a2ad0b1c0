import { CHUNK_MS, SHORTEST_CHUNK_MS, type ChunkOptions, type StopRecording } from './chunk';
import { createChunkCutter, type ChunkCutter } from './chunkCutter';
import { encodeWav } from './encodeWav';
import { tapPcm } from './pcmTap';

/** Records chunk after chunk as 16-bit mono WAV, for browsers without a usable MediaRecorder. */
export async function streamPcmChunks(
  stream: MediaStream,
  { onChunk, onFailure, chunkMs = CHUNK_MS }: ChunkOptions,
): Promise<StopRecording> {
  let cutter: ChunkCutter | undefined;
  const tap = await tapPcm(stream, {
    receive: (sampleRateHz) => {
      cutter = createChunkCutter((sampleRateHz * chunkMs) / 1000, (blocks) => {
        const endMs = performance.now();
        const samples = blocks.reduce((sum, block) => sum + block.length, 0);
        const durationMs = (1000 * samples) / sampleRateHz;
        if (durationMs < SHORTEST_CHUNK_MS) return;
        const file = new File([encodeWav(blocks, sampleRateHz)], 'recording.wav', {
          type: 'audio/wav',
        });
        onChunk({ file, startMs: endMs - durationMs, endMs });
      });
      return cutter.take;
    },
    onFailure,
  });
  return () => {
    tap.stop();
    cutter?.flush();
  };
}
