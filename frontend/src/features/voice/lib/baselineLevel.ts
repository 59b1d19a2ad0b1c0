import type { Baseline } from './baselineStore';

/** More speech than this changes the statistics little. */
const FULL_BASELINE_S = 20;

const LONGEST_IN_SECONDS = 100;

export type BaselineLevel = 'none' | 'little' | 'well';

export function baselineLevelOf(voice: Baseline | undefined): BaselineLevel {
  if (!voice) return 'none';
  return voice.speechS < FULL_BASELINE_S ? 'little' : 'well';
}

/** Share of the speech that a full baseline needs, 0 to 1. */
export function baselineProgress(voice: Baseline | undefined): number {
  return Math.min(1, (voice?.speechS ?? 0) / FULL_BASELINE_S);
}

export function formatSpeech(durationS: number): string {
  return durationS < LONGEST_IN_SECONDS
    ? `${Math.round(durationS)} s`
    : `${Math.round(durationS / 60)} min`;
}
