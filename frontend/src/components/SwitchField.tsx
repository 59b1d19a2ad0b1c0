import { useId } from 'react';

interface SwitchFieldProps {
  label: string;
  hint: string;
  isOn: boolean;
  isDisabled?: boolean;
  testId: string;
  onChange: (isOn: boolean) => void;
}

export function SwitchField(props: SwitchFieldProps) {
  const { label, hint, isOn, isDisabled = false, testId, onChange } = props;
  const id = useId();
  return (
    <div className="form-check form-switch align-self-stretch text-start mb-0">
      <input
        type="checkbox"
        role="switch"
        id={id}
        className="form-check-input"
        aria-describedby={`${id}-hint`}
        checked={isOn}
        disabled={isDisabled}
        data-testid={testId}
        onChange={({ currentTarget }) => {
          onChange(currentTarget.checked);
        }}
      />
      <label className="form-check-label" htmlFor={id}>
        {label}
      </label>
      <p className="text-body-secondary small mb-0" id={`${id}-hint`}>
        {hint}
      </p>
    </div>
  );
}
