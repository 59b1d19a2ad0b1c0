import type { Model } from '@/lib/apiSchemas';
import { baselineOf, type BaselineStore } from '../lib/baselineStore';
import { isVoiceKnown } from '../lib/unknownVoice';
import { useBaselineState } from '../hooks/useBaselines';
import { t } from '@/lib/i18n';
import styles from './UnknownVoice.module.css';

interface UnknownVoiceProps {
  baselines: BaselineStore;
  model: Model | undefined;
}

/** Says in one line why weak emotions are uncertain at first. */
export function UnknownVoice({ baselines, model }: UnknownVoiceProps) {
  const state = useBaselineState(baselines);
  const speechS = (model && baselineOf(state, model.baseline_kind)?.speechS) ?? 0;
  const neededS = model?.min_baseline_s ?? 0;
  if (!model || isVoiceKnown(model, speechS)) return null;
  const [words, hint] = state.isAdapting
    ? [
        t('voice.gettingToKnow', { known: Math.floor(speechS), needed: neededS }),
        t('voice.gettingToKnowHint'),
      ]
    : [t('voice.notKnown'), t('voice.notKnownHint')];
  return (
    <p className={styles.note} title={hint} data-testid="unknown-voice">
      {words} <span className="visually-hidden">{hint}</span>
    </p>
  );
}
