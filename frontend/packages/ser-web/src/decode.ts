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
  const channels = Array.from({ length: sound.numberOfChannels }, (_, i) => sound.getChannelData(i));
  return Float32Array.from(
    { length: sound.length },
    (_, i) => channels.reduce((sum, channel) => sum + (channel[i] ?? 0), 0) / channels.length,
  );
}
