import type { BaselineAnswer, PredictAnswer } from './apiSchemas';
import type { ClipOptions, PredictOptions } from './apiService';

/** What answers for clips: the server, or this device. */
export interface EmotionService {
  predict: (clip: File, options: PredictOptions) => Promise<PredictAnswer>;
  /** Makes a baseline of ordinary speech. */
  baseline: (speech: File, options: ClipOptions) => Promise<BaselineAnswer>;
}
