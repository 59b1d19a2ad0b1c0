import { t } from '@/lib/i18n';
import { voiceChoices, type VoiceChoice } from '../lib/voices';
import { Choice } from './Choice';

interface VoicesChoiceProps {
  chosen: VoiceChoice;
  /** Whether what answers can tell voices apart. */
  isPossible: boolean;
  onChoose: (voices: VoiceChoice) => void;
}

/** Chooses how many voices to tell apart. */
export function VoicesChoice({ chosen, isPossible, onChoose }: VoicesChoiceProps) {
  const options = voiceChoices.map((value) => {
    const isDisabled = value !== 'one' && !isPossible;
    return {
      value,
      label: t(`upload.voices.${value}`),
      hint: isDisabled ? t('upload.voicesImpossible') : t(`upload.voicesHint.${value}`),
      isDisabled,
      testId: `voices-${value}`,
    };
  });
  return <Choice legend={t('upload.voices')} options={options} chosen={chosen} onChoose={onChoose} />;
}
