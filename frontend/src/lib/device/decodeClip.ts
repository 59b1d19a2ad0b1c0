import { ProblemError } from '../problem';

const SAMPLE_RATE_HZ = 16_000;

/**
 * The samples of a sound file, 16 kHz and mono.
 *
 * @throws ProblemError `decode_failed`: this browser cannot read it.
 */
export async function decodeClip(file: Blob): Promise<Float32Array> {
  let sound: AudioBuffer;
  try {
    // Decoders resample to the rate of their context.
    const context = new OfflineAudioContext(1, 1, SAMPLE_RATE_HZ);
    sound = await context.decodeAudioData(await file.arrayBuffer());
  } catch (error) {
    const problem = {
      code: 'decode_failed',
      title: 'This browser cannot read the recording',
      remedy: 'Try again, or switch to the server.',
    };
    throw new ProblemError(problem, { cause: error });
  }
  const channels = Array.from({ length: sound.numberOfChannels }, (_, i) => sound.getChannelData(i));
  const [only] = channels;
  // A copy: what is handed to another thread is gone here.
  if (channels.length === 1 && only) return only.slice();
  return Float32Array.from({ length: sound.length }, (_, i) =>
    channels.reduce((sum, channel) => sum + (channel[i] ?? 0), 0) / channels.length,
  );
}
