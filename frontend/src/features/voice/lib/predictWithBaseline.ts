import type { Model, Prediction } from '@/lib/apiSchemas';
import type { PredictOptions } from '@/lib/apiService';
import type { EmotionService } from '@/lib/emotionService';
import { withBaseline } from './withBaseline';
import type { BaselineStore } from './baselineStore';
import { withCaution } from './unknownVoice';

export interface PredictWithBaselineOptions extends Omit<
  PredictOptions,
  'model' | 'baseline' | 'adapt'
> {
  baselines: BaselineStore;
  service: EmotionService;
  /** Undefined for the server's default, whose kind of baseline is not known. */
  model: Model | undefined;
}

/**
 * Predicts a clip with the speaker's baseline and stores the updated baseline. A weak emotion of a voice
 * that was not known yet is uncertain.
 */
export async function predictWithBaseline(
  clip: File,
  { baselines, model, service, ...options }: PredictWithBaselineOptions,
): Promise<Prediction> {
  if (!model) return service.predict(clip, options);
  return withBaseline(baselines, model.baseline_kind, async (sent) => {
    const isGrowing = baselines.getState().isAdapting;
    const answer = await service.predict(clip, {
      ...options,
      model: model.name,
      baseline: sent.token,
      adapt: isGrowing,
    });
    // Without the baseline: predictions are kept and exported.
    const { baseline, baseline_speech_s: speechS, ...prediction } = answer;
    if (isGrowing && baseline && speechS) baselines.grow(sent, { token: baseline, speechS });
    return withCaution(prediction, model, sent.speechS);
  });
}
