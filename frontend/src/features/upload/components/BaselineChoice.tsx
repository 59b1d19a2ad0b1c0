import { useId } from 'react';
import type { HeardAgainst } from '../lib/analyseFile';
import styles from './BaselineChoice.module.css';

interface Choice {
  heardAgainst: HeardAgainst;
  label: string;
  hint: string;
}

const choices: Choice[] = [
  {
    heardAgainst: 'recording',
    label: 'The recording itself',
    hint: 'How each moment sounds beside the rest. Best for one voice.',
  },
  {
    heardAgainst: 'own',
    label: 'My voice',
    hint: 'How it sounds beside the voice that you had learned.',
  },
  {
    heardAgainst: 'everybody',
    label: 'Everybody',
    hint: 'How it sounds beside many speakers.',
  },
];

const UNKNOWN_HINT = 'To use it, learn your voice in the Live view first.';

interface BaselineChoiceProps {
  chosen: HeardAgainst;
  /** Whether a voice was learned. */
  isVoiceKnown: boolean;
  onChoose: (heardAgainst: HeardAgainst) => void;
}

/** What the voices in the files are heard against. */
export function BaselineChoice({ chosen, isVoiceKnown, onChoose }: BaselineChoiceProps) {
  const id = useId();
  return (
    <fieldset className={styles.choices}>
      <legend className={styles.legend}>Hear the voice against</legend>
      {choices.map(({ heardAgainst, label, hint }) => {
        const isDisabled = heardAgainst === 'own' && !isVoiceKnown;
        const inputId = `${id}-${heardAgainst}`;
        return (
          <div key={heardAgainst} className="form-check text-start">
            <input
              type="radio"
              name={id}
              id={inputId}
              className="form-check-input"
              aria-describedby={`${inputId}-hint`}
              checked={heardAgainst === chosen}
              disabled={isDisabled}
              data-testid={`baseline-${heardAgainst}`}
              onChange={() => {
                onChoose(heardAgainst);
              }}
            />
            <label className="form-check-label" htmlFor={inputId}>
              {label}
            </label>
            <p className="text-body-secondary small mb-0" id={`${inputId}-hint`}>
              {isDisabled ? UNKNOWN_HINT : hint}
            </p>
          </div>
        );
      })}
    </fieldset>
  );
}
