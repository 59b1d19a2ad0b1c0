import UserIcon from '~icons/lucide/user-round-check';
import { ProgressRing } from '@/components/ProgressRing';
import type { Model } from '@/lib/apiSchemas';
import { t } from '@/lib/i18n';
import { useBaselineState } from '../hooks/useBaselines';
import { baselineLevelOf, baselineProgress, formatSpeech } from '../lib/baselineLevel';
import { baselineOf, type BaselineStore } from '../lib/baselineStore';
import styles from './VoiceButton.module.css';

interface VoiceButtonProps {
  baselines: BaselineStore;
  model: Model | undefined;
  onOpen: () => void;
}

/** How much of the speaker's voice is known; opens what is to say about it. */
export function VoiceButton({ baselines, model, onOpen }: VoiceButtonProps) {
  const state = useBaselineState(baselines);
  const voice = baselineOf(state, model?.baseline_kind ?? '');
  return (
    <button
      type="button"
      className={styles.button}
      title={t('voice.title')}
      data-level={baselineLevelOf(voice)}
      data-testid="voice-button"
      onClick={onOpen}
    >
      <ProgressRing progress={baselineProgress(voice)} size="small">
        <UserIcon aria-hidden="true" />
      </ProgressRing>
      <span className={styles.word}>{t('voice.short')}</span>
      <span className={styles.amount}>{formatSpeech(voice?.speechS ?? 0)}</span>
    </button>
  );
}
