import { isNeutral } from '@/lib/emotionAppearance';
import type { Model, Prediction } from '@/lib/apiSchemas';

/** Whether so much speech makes a baseline of the model, or it takes none. */
export function isVoiceKnown(
  { takes_baseline, min_baseline_s: neededS = 0 }: Model,
  speechS: number,
): boolean {
  return !takes_baseline || speechS >= neededS;
}

/**
 * While the voice is not known, an emotion needs strong evidence: a weaker one becomes uncertain.
 * Its probabilities stay.
 */
export function withCaution(
  prediction: Prediction,
  model: Model | undefined,
  speechS: number,
): Prediction {
  if (!model || isNeutral(prediction.emotion) || isVoiceKnown(model, speechS)) return prediction;
  const isWeak = prediction.confidence < (model.abstains_below_unknown ?? 0);
  return isWeak ? { ...prediction, low_information: true } : prediction;
}
