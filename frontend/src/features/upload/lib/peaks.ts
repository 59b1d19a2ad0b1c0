import type { Segment } from '@/lib/timelineSchemas';

/** Longest file decoded for its waveform: 10 minutes take a hundred MB, an hour gigabytes. */
export const LONGEST_DECODED_S = 600;

/** As many as the server sends. */
const PEAKS = 2000;

/** Loud enough for a drawing. */
const DECODED_HZ = 8000;

const SPEECH_PEAK = 0.6;
/** Draws a thin line where there is no speech. */
const SILENCE_PEAK = 0.02;

/** The peaks of samples. */
export function peaksOf(samples: Float32Array, count = PEAKS): number[] {
  const bins = Math.min(count, samples.length);
  return Array.from({ length: bins }, (_, bin) => {
    const end = Math.floor(((bin + 1) * samples.length) / bins);
    let peak = 0;
    for (let i = Math.floor((bin * samples.length) / bins); i < end; i++) {
      peak = Math.max(peak, Math.abs(samples[i] ?? 0));
    }
    return peak;
  });
}

/** The loudest one becomes 1: a quiet recording is to be seen, too. */
export function normalised(peaks: number[]): number[] {
  const loudest = peaks.reduce((most, peak) => Math.max(most, peak), 0);
  return loudest > 0 ? peaks.map((peak) => peak / loudest) : peaks;
}

/** Decodes a short file for its peaks; undefined where the browser cannot. */
export async function decodedPeaks(file: Blob): Promise<number[] | undefined> {
  try {
    const context = new OfflineAudioContext(1, 1, DECODED_HZ);
    const sound = await context.decodeAudioData(await file.arrayBuffer());
    return normalised(peaksOf(sound.getChannelData(0)));
  } catch {
    return undefined;
  }
}

/** Peaks of a waveform that shows where there is speech, not how loud it is. */
export function speechPeaks(segments: Segment[], durationS: number): number[] {
  const peaks = new Array<number>(PEAKS).fill(SILENCE_PEAK);
  for (const { start_s: startS, end_s: endS } of segments) {
    const first = Math.floor((startS / durationS) * PEAKS);
    const last = Math.max(first + 1, Math.ceil((endS / durationS) * PEAKS));
    peaks.fill(SPEECH_PEAK, first, last);
  }
  return peaks;
}
