import type { Voice } from '../../../lib/voiceStore';

/** From here on, more of the same speech changes little. */
const WELL_KNOWN_S = 20;

const LONGEST_IN_SECONDS = 100;

export type Acquaintance = 'none' | 'little' | 'well';

export function acquaintanceOf(voice: Voice | undefined): Acquaintance {
  if (!voice) return 'none';
  return voice.speechS < WELL_KNOWN_S ? 'little' : 'well';
}

/** The way to knowing a voice well, 0 to 1. */
export function familiarity(voice: Voice | undefined): number {
  return Math.min(1, (voice?.speechS ?? 0) / WELL_KNOWN_S);
}

export function formatSpeech(durationS: number): string {
  return durationS < LONGEST_IN_SECONDS
    ? `${Math.round(durationS)} s`
    : `${Math.round(durationS / 60)} min`;
}
