import type { Prediction } from './apiSchemas';
import { apiService, type PredictOptions } from './apiService';
import { sendVoice } from './sendVoice';
import type { VoiceStore } from './voiceStore';

export interface PredictVoiceOptions extends Omit<PredictOptions, 'baseline' | 'adapt'> {
  voices: VoiceStore;
  /** The model's kind of baseline; without one, the speaker is nobody known. */
  kind: string | undefined;
}

/** Has a clip heard against what is known of the speaker, who is known better afterwards. */
export async function predictVoice(
  clip: File,
  { voices, kind, ...options }: PredictVoiceOptions,
): Promise<Prediction> {
  if (kind === undefined) return apiService.predict(clip, options);
  return sendVoice(voices, kind, async (sent) => {
    const isGrowing = voices.getState().isAdapting;
    const answer = await apiService.predict(clip, {
      ...options,
      baseline: sent.token,
      adapt: isGrowing,
    });
    // The rest of the page keeps predictions, and exports them: no voice goes along.
    const { baseline, baseline_speech_s: speechS, ...prediction } = answer;
    if (isGrowing && baseline && speechS) voices.grow(sent, { token: baseline, speechS });
    return prediction;
  });
}
