import type { ChunkOptions, StopRecording } from './chunk';
import { chooseContainer } from './container';
import { streamPcmChunks } from './pcmChunks';
import { streamRecorderChunks } from './recorderChunks';

/** Records chunks with MediaRecorder, or as WAV where there is none. */
export async function streamChunks(
  stream: MediaStream,
  options: ChunkOptions,
): Promise<StopRecording> {
  const container = chooseContainer();
  return container
    ? streamRecorderChunks(stream, container, options)
    : streamPcmChunks(stream, options);
}
