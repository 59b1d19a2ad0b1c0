import { ProblemError } from '../../../lib/problem';
import type { Capture } from './capture';
import { encodeWav } from './encodeWav';
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
  await context.resume();
  return processor;
}

/** Records 16-bit mono WAV, for browsers without a usable MediaRecorder. */
export async function startPcmCapture(stream: MediaStream): Promise<Capture> {
  if (typeof AudioWorkletNode === 'undefined') throw new ProblemError(recordingUnsupportedProblem);
  const context = new AudioContext();
  const release = async () => {
    if (context.state !== 'closed') await context.close();
  };
  const blocks: Float32Array[] = [];
  try {
    const processor = await connectProcessor(context, stream);
    processor.port.onmessage = ({ data }: MessageEvent<Float32Array>) => blocks.push(data);
  } catch (error) {
    await release();
    throw error;
  }

  return {
    finish: async () => {
      await release();
      if (blocks.length === 0) throw new Error('The audio worklet delivered no samples.');
      return new File([encodeWav(blocks, context.sampleRate)], 'recording.wav', {
        type: 'audio/wav',
      });
    },
    release,
  };
}
