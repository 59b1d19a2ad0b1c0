import type { Prediction } from './apiSchemas';
import { apiService, type PredictOptions } from './apiService';
import { withBaseline } from './withBaseline';
import type { BaselineStore } from './baselineStore';

export interface PredictWithBaselineOptions extends Omit<PredictOptions, 'baseline' | 'adapt'> {
  baselines: BaselineStore;
  /** The model's kind of baseline; undefined without a model. */
  kind: string | undefined;
}

/** Predicts a clip with the speaker's baseline and stores the updated baseline. */
export async function predictWithBaseline(
  clip: File,
  { baselines, kind, ...options }: PredictWithBaselineOptions,
): Promise<Prediction> {
  if (kind === undefined) return apiService.predict(clip, options);
  return withBaseline(baselines, kind, async (sent) => {
    const isGrowing = baselines.getState().isAdapting;
    const answer = await apiService.predict(clip, {
      ...options,
      baseline: sent.token,
      adapt: isGrowing,
    });
    // Without the baseline: predictions are kept and exported.
    const { baseline, baseline_speech_s: speechS, ...prediction } = answer;
    if (isGrowing && baseline && speechS) baselines.grow(sent, { token: baseline, speechS });
    return prediction;
  });
}
