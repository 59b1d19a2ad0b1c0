const QUIETEST_DB = -60;

/** Where a peak stands between the quietest and the loudest that counts, 0 to 1, as ears judge. */
export function loudnessOf(peak: number): number {
  if (peak <= 0) return 0;
  return Math.min(1, Math.max(0, 1 - (20 * Math.log10(peak)) / QUIETEST_DB));
}

/** Below the noise of any open microphone: what is left is a muted or dead one. */
export const DIGITAL_SILENCE_PEAK = 0.0001;
