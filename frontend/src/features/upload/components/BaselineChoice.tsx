import { useId } from 'react';
import type { BaselineSource } from '../lib/analyseFile';
import styles from './BaselineChoice.module.css';

interface Choice {
  baselineSource: BaselineSource;
  label: string;
  hint: string;
}

const choices: Choice[] = [
  {
    baselineSource: 'recording',
    label: 'This recording',
    hint: 'The recording’s own statistics. Best for one speaker.',
  },
  {
    baselineSource: 'own',
    label: 'My voice',
    hint: 'The statistics of your learned voice.',
  },
  {
    baselineSource: 'everybody',
    label: 'All speakers',
    hint: 'The statistics of the training speakers.',
  },
];

const UNKNOWN_HINT = 'Learn your voice in the Live view first.';
const NO_BASELINE_HINT = 'The chosen model takes no baseline.';

interface BaselineChoiceProps {
  chosen: BaselineSource;
  /** Whether there is a baseline of the user's own voice. */
  hasBaseline: boolean;
  /** Whether the model normalises with anything but the statistics of all speakers. */
  takesBaseline: boolean;
  onChoose: (baselineSource: BaselineSource) => void;
}

/** Chooses the statistics that features are normalised with. */
export function BaselineChoice({ chosen, hasBaseline, takesBaseline, onChoose }: BaselineChoiceProps) {
  const id = useId();
  return (
    <fieldset className={styles.choices}>
      <legend className={styles.legend}>Normalise features with</legend>
      {choices.map(({ baselineSource, label, hint }) => {
        const isUnused = baselineSource !== 'everybody' && !takesBaseline;
        const isUnknown = baselineSource === 'own' && !hasBaseline;
        const inputId = `${id}-${baselineSource}`;
        return (
          <div key={baselineSource} className="form-check text-start">
            <input
              type="radio"
              name={id}
              id={inputId}
              className="form-check-input"
              aria-describedby={`${inputId}-hint`}
              checked={baselineSource === chosen}
              disabled={isUnused || isUnknown}
              data-testid={`baseline-${baselineSource}`}
              onChange={() => {
                onChoose(baselineSource);
              }}
            />
            <label className="form-check-label" htmlFor={inputId}>
              {label}
            </label>
            <p className="text-body-secondary small mb-0" id={`${inputId}-hint`}>
              {isUnused ? NO_BASELINE_HINT : isUnknown ? UNKNOWN_HINT : hint}
            </p>
          </div>
        );
      })}
    </fieldset>
  );
}
