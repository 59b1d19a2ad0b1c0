import type { Prediction } from './apiSchemas';
import { apiService, type PredictOptions } from './apiService';
import { toProblem } from './problem';
import type { SentVoice, VoiceStore } from './voiceStore';

export interface PredictVoiceOptions extends Omit<PredictOptions, 'baseline' | 'adapt'> {
  voices: VoiceStore;
  /** The model's kind of baseline; without one, the speaker is nobody known. */
  kind: string | undefined;
  /** Whether the voice that is known grows by this clip, where adapting is on. */
  canGrow?: boolean;
}

/** Has a clip heard against what is known of the speaker; what the server cannot read is dropped. */
export async function predictVoice(
  clip: File,
  { voices, kind, canGrow = false, ...options }: PredictVoiceOptions,
): Promise<Prediction> {
  if (kind === undefined) return apiService.predict(clip, options);
  const isGrowing = canGrow && voices.getState().isAdapting;
  const sent = voices.take(kind);
  try {
    const answer = await apiService.predict(clip, {
      ...options,
      baseline: sent.token,
      adapt: isGrowing,
    });
    // The rest of the page keeps predictions, and exports them: no voice goes along.
    const { baseline, baseline_speech_s: speechS, ...prediction } = answer;
    if (isGrowing && baseline && speechS) voices.grow(sent, { token: baseline, speechS });
    return prediction;
  } catch (error) {
    if (!isUnreadable(sent, error)) throw error;
    voices.drop(sent);
    return predictVoice(clip, { ...options, voices, kind, canGrow });
  }
}

function isUnreadable({ token }: SentVoice, error: unknown): boolean {
  return token !== undefined && toProblem(error).code === 'bad_baseline';
}
