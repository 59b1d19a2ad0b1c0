import { ProblemError } from '@/lib/problem';
import type { StopRecording } from './chunk';
import { keepRunning } from './keepRunning';
import processorUrl from './pcmProcessor?worker&url';
import { PCM_PROCESSOR } from './pcmProcessorName';
import { recordingUnsupportedProblem } from './recordingProblems';

interface TapOptions {
  /** Gets the sample rate and returns the callback for the blocks. */
  receive: (sampleRateHz: number) => (block: Float32Array) => void;
  onFailure: (error: unknown) => void;
}

export interface PcmTap {
  sampleRateHz: number;
  stop: StopRecording;
}

/** Has the browser keep the processor's program, as it may start without a network. */
export function loadProcessor(): Promise<Response> {
  return fetch(processorUrl);
}

async function connectProcessor(context: AudioContext, stream: MediaStream) {
  await context.audioWorklet.addModule(processorUrl);
  const processor = new AudioWorkletNode(context, PCM_PROCESSOR, {
    channelCount: 1,
    channelCountMode: 'explicit',
  });
  context.createMediaStreamSource(stream).connect(processor);
  // Its output is silence, but browsers run only nodes that lead to the speakers.
  processor.connect(context.destination);
  return processor;
}

/** Delivers the samples of a stream block by block, at the system's sample rate. */
export async function tapPcm(
  stream: MediaStream,
  { receive, onFailure }: TapOptions,
  contextOptions: AudioContextOptions = {},
): Promise<PcmTap> {
  if (typeof AudioWorkletNode === 'undefined') throw new ProblemError(recordingUnsupportedProblem);
  const context = new AudioContext(contextOptions);
  let processor: AudioWorkletNode;
  try {
    processor = await connectProcessor(context, stream);
  } catch (error) {
    await context.close();
    throw error;
  }
  const take = receive(context.sampleRate);
  processor.port.onmessage = ({ data }: MessageEvent<Float32Array>) => {
    take(data);
  };
  processor.addEventListener('processorerror', onFailure);
  const stopKeeping = keepRunning(context, onFailure);
  return {
    sampleRateHz: context.sampleRate,
    stop: () => {
      stopKeeping();
      processor.port.onmessage = null;
      void context.close();
    },
  };
}

/** Like `tapPcm`, at a given rate; where the browser cannot, at the system's rate. */
export async function tapPcmAt(
  sampleRateHz: number,
  stream: MediaStream,
  options: TapOptions,
): Promise<PcmTap> {
  try {
    return await tapPcm(stream, options, { sampleRate: sampleRateHz });
  } catch {
    // Firefox connects a microphone only to a context of the microphone's rate.
    return tapPcm(stream, options);
  }
}
