import { t } from '@/lib/i18n';
import { baselineSources, type BaselineSource } from '../lib/baselineSource';
import { Choice } from './Choice';

interface BaselineChoiceProps {
  chosen: BaselineSource;
  /** Whether there is a baseline of the user's own voice. */
  hasBaseline: boolean;
  /** Whether the model normalises with anything but the statistics of all speakers. */
  takesBaseline: boolean;
  /** Whether all speech is one voice. */
  isOneVoice: boolean;
  onChoose: (baselineSource: BaselineSource) => void;
}

/** Chooses the statistics that features are normalised with. */
export function BaselineChoice(props: BaselineChoiceProps) {
  const { chosen, hasBaseline, takesBaseline, isOneVoice, onChoose } = props;
  const whyNot = (value: BaselineSource) => {
    if (value !== 'everybody' && !takesBaseline) return t('upload.baselineUnused');
    if (value !== 'own') return undefined;
    if (!isOneVoice) return t('upload.baselineNotOfTwo');
    return hasBaseline ? undefined : t('upload.baselineUnknown');
  };
  const options = baselineSources.map((value) => {
    const reason = whyNot(value);
    return {
      value,
      label: t(`upload.baseline.${value}`),
      hint: reason ?? t(`upload.baselineHint.${value}`),
      isDisabled: reason !== undefined,
      testId: `baseline-${value}`,
    };
  });
  return (
    <Choice legend={t('upload.compareWith')} options={options} chosen={chosen} onChoose={onChoose} />
  );
}
