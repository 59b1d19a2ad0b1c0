import { CHUNK_MS, type ChunkOptions, type StopRecording } from './chunk';
import { createChunkCutter } from './chunkCutter';
import { encodeWav } from './encodeWav';
import { tapPcm } from './pcmTap';

/** Records chunk after chunk as 16-bit mono WAV, for browsers without a usable MediaRecorder. */
export async function streamPcmChunks(
  stream: MediaStream,
  { onChunk, onFailure, chunkMs = CHUNK_MS }: ChunkOptions,
): Promise<StopRecording> {
  const { stop } = await tapPcm(stream, {
    receive: (sampleRateHz) =>
      createChunkCutter((sampleRateHz * chunkMs) / 1000, (blocks) => {
        const endMs = performance.now();
        const file = new File([encodeWav(blocks, sampleRateHz)], 'recording.wav', {
          type: 'audio/wav',
        });
        onChunk({ file, startMs: endMs - chunkMs, endMs });
      }),
    onFailure,
  });
  return stop;
}
