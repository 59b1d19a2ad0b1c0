import type { Prediction } from './apiSchemas';
import { formatPercent } from './format';
import { emotionName, t } from './i18n';

/** A prediction as announced by screen readers. */
export function predictionText({ emotion, confidence, low_information }: Prediction): string {
  return t(low_information ? 'common.predictionUncertain' : 'common.prediction', {
    emotion: emotionName(emotion),
    confidence: formatPercent(confidence),
  });
}
