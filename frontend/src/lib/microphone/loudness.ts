const QUIETEST_DB = -60;

/** Peak on a decibel scale: 0 at -60 dB and below, 1 at full scale. */
export function loudnessOf(peak: number): number {
  if (peak <= 0) return 0;
  return Math.min(1, Math.max(0, 1 - (20 * Math.log10(peak)) / QUIETEST_DB));
}

/** Below the noise of any working microphone: the microphone is muted or broken. */
export const DIGITAL_SILENCE_PEAK = 0.0001;
