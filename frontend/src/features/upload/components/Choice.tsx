import { useId } from 'react';
import styles from './Choice.module.css';

interface Option<Value extends string> {
  value: Value;
  label: string;
  hint: string;
  isDisabled: boolean;
  testId: string;
}

interface ChoiceProps<Value extends string> {
  legend: string;
  options: Option<Value>[];
  chosen: Value;
  onChoose: (value: Value) => void;
}

/** One of a few, each with a line that says what it means. */
export function Choice<Value extends string>({ legend, options, chosen, onChoose }: ChoiceProps<Value>) {
  const id = useId();
  return (
    <fieldset className={styles.choices}>
      <legend className={styles.legend}>{legend}</legend>
      {options.map(({ value, label, hint, isDisabled, testId }) => {
        const inputId = `${id}-${value}`;
        return (
          <div key={value} className="form-check mb-0">
            <input
              type="radio"
              name={id}
              id={inputId}
              className="form-check-input"
              aria-describedby={`${inputId}-hint`}
              checked={value === chosen}
              disabled={isDisabled}
              data-testid={testId}
              onChange={() => {
                onChoose(value);
              }}
            />
            <label className="form-check-label" htmlFor={inputId}>
              {label}
            </label>
            <p className="text-body-secondary small mb-0" id={`${inputId}-hint`}>
              {hint}
            </p>
          </div>
        );
      })}
    </fieldset>
  );
}
