import { t } from './i18n';
import type { AffectFields } from './apiSchemas';

/** What the server derives from the probabilities of an answer. */
export interface Affect {
  sentiment: 'negative' | 'neutral' | 'positive';
  /** From -1 (unpleasant) to 1 (pleasant). */
  valence: number;
  /** From -1 (calm) to 1 (excited). */
  arousal: number;
}

/** Undefined where the server derives none: the model has emotions that it does not know. */
export function affectOf({ sentiment, valence, arousal }: AffectFields): Affect | undefined {
  if (!sentiment || typeof valence !== 'number' || typeof arousal !== 'number') return undefined;
  return { sentiment, valence, arousal };
}

/** Below this, a coordinate is as good as zero: the picture is a few pixels wide. */
const NEAR_ZERO = 0.05;

function side(value: number, low: string, high: string): string {
  if (Math.abs(value) < NEAR_ZERO) return t('common.neither', { low, high });
  return value < 0 ? low : high;
}

/** Where valence and arousal are, in words. */
export function placeText(
  { valence, arousal }: Pick<Affect, 'valence' | 'arousal'>,
  isUncertain: boolean,
): string {
  return t(isUncertain ? 'common.circumplexUncertain' : 'common.circumplex', {
    valence: side(valence, t('common.unpleasant'), t('common.pleasant')),
    arousal: side(arousal, t('common.calm'), t('common.excited')),
  });
}
