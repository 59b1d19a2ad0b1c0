import type { Model } from '@/lib/apiSchemas';
import { baselineOf, type BaselineStore } from '../lib/baselineStore';
import { isVoiceKnown } from '../lib/unknownVoice';
import { useBaselineState } from '../hooks/useBaselines';
import styles from './UnknownVoice.module.css';

interface UnknownVoiceProps {
  baselines: BaselineStore;
  model: Model | undefined;
}

/** Says why weak emotions are uncertain at first. Without text, it keeps its height: nothing moves. */
export function UnknownVoice({ baselines, model }: UnknownVoiceProps) {
  const state = useBaselineState(baselines);
  const speechS = (model && baselineOf(state, model.baseline_kind)?.speechS) ?? 0;
  const neededS = model?.min_baseline_s ?? 0;
  return (
    <p className={styles.note} data-testid="unknown-voice">
      {model &&
        !isVoiceKnown(model, speechS) &&
        (state.isAdapting
          ? `Getting to know your voice: ${Math.floor(speechS)} of ${neededS} s. Until then, weak emotions are uncertain.`
          : 'Your voice is not known. Weak emotions are shown as uncertain.')}
    </p>
  );
}
