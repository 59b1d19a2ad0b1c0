import { ProblemError } from '../../../lib/problem';
import { CHUNK_MS, type ChunkOptions, type StopChunks } from './chunk';
import { createChunkCutter } from './chunkCutter';
import { encodeWav } from './encodeWav';
import { keepRunning } from './keepRunning';
import { PCM_PROCESSOR } from './pcmProcessorName';
import processorUrl from './pcmProcessor?worker&url';
import { recordingUnsupportedProblem } from './recordingProblems';

async function connectProcessor(context: AudioContext, stream: MediaStream) {
  await context.audioWorklet.addModule(processorUrl);
  const processor = new AudioWorkletNode(context, PCM_PROCESSOR, {
    channelCount: 1,
    channelCountMode: 'explicit',
  });
  context.createMediaStreamSource(stream).connect(processor);
  // Its output is silence, but browsers run only what leads to the speakers.
  processor.connect(context.destination);
  return processor;
}

/** Records chunk after chunk as 16-bit mono WAV, for browsers without a usable MediaRecorder. */
export async function streamPcmChunks(
  stream: MediaStream,
  { onChunk, onFailure, chunkMs = CHUNK_MS }: ChunkOptions,
): Promise<StopChunks> {
  if (typeof AudioWorkletNode === 'undefined') throw new ProblemError(recordingUnsupportedProblem);
  const context = new AudioContext();
  const { sampleRate } = context;
  const push = createChunkCutter((sampleRate * chunkMs) / 1000, (blocks) => {
    const endMs = performance.now();
    const file = new File([encodeWav(blocks, sampleRate)], 'recording.wav', { type: 'audio/wav' });
    onChunk({ file, startMs: endMs - chunkMs, endMs });
  });
  let processor: AudioWorkletNode;
  try {
    processor = await connectProcessor(context, stream);
  } catch (error) {
    await context.close();
    throw error;
  }
  processor.port.onmessage = ({ data }: MessageEvent<Float32Array>) => {
    push(data);
  };
  processor.addEventListener('processorerror', onFailure);
  const stopKeeping = keepRunning(context, onFailure);

  return () => {
    stopKeeping();
    processor.port.onmessage = null;
    void context.close();
  };
}
