import { Problem } from './problem';

/** Of all sounds here. */
export const SAMPLE_RATE_HZ = 16_000;

/**
 * The samples of a sound file, 16 kHz and mono, as `EmotionModel.predict` takes them.
 *
 * @throws Problem `decode_failed`: this browser cannot read it.
 */
export async function decode(file: Blob): Promise<Float32Array> {
  let sound: AudioBuffer;
  try {
    // Decoders resample to the rate of their context.
    const context = new OfflineAudioContext(1, 1, SAMPLE_RATE_HZ);
    sound = await context.decodeAudioData(await file.arrayBuffer());
  } catch (error) {
    throw new Problem('decode_failed', 'This browser cannot read the recording.', { cause: error });
  }
  const samples = sound.getChannelData(0);
  // In place: a long recording fills memory enough.
  for (let channel = 1; channel < sound.numberOfChannels; channel += 1) {
    const other = sound.getChannelData(channel);
    for (let i = 0; i < samples.length; i += 1) {
      samples[i] = ((samples[i] ?? 0) * channel + (other[i] ?? 0)) / (channel + 1);
    }
  }
  // A copy, as that of a browser may not be handed to another thread.
  return samples.slice();
}
