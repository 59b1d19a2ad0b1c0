import type { Prediction } from './apiSchemas';
import { formatPercent } from './format';

/** A prediction as announced by screen readers. */
export function predictionText({ emotion, confidence, low_information }: Prediction): string {
  const doubt = low_information ? 'Uncertain, maybe ' : '';
  return `${doubt}${emotion}, ${formatPercent(confidence)} confidence`;
}
