import type { Prediction } from './apiSchemas';
import { formatPercent } from './format';

/** A prediction as it is read out. */
export function predictionWords({ emotion, confidence, low_information }: Prediction): string {
  const doubt = low_information ? 'Uncertain, perhaps ' : '';
  return `${doubt}${emotion}, ${formatPercent(confidence)} confidence`;
}
