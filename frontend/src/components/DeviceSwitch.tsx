import type { DeviceControl, DeviceState } from '@/lib/device/useDevice';
import { formatSize } from '@/lib/format';
import { ProgressBar } from './ProgressBar';
import { SwitchField } from './SwitchField';
import styles from './DeviceSwitch.module.css';

function stateText(state: DeviceState): string {
  switch (state.phase) {
    case 'off':
      return 'Off: recordings are sent to the server.';
    case 'loading': {
      const { loaded, total } = state;
      if (loaded === 0) return 'On: the model is loading …';
      const ofAll = total === undefined ? '' : ` of ${formatSize(total)}`;
      return `On: ${formatSize(loaded)}${ofAll} are loaded …`;
    }
    case 'ready':
      return `On: your voice does not leave this page.${state.isKept ? ' It works without a network, too.' : ''}`;
    case 'failed':
      return `${state.problem.title}: ${state.problem.remedy} While this is on, nothing is sent.`;
  }
}

function hint({ state, isFixed }: DeviceControl): string {
  return isFixed ? `This page has no server. ${stateText(state)}` : stateText(state);
}

interface DeviceSwitchProps {
  device: DeviceControl;
  onTurn: (isOn: boolean) => void;
}

/** Whether this browser answers instead of the server. */
export function DeviceSwitch({ device, onTurn }: DeviceSwitchProps) {
  const { state, isOn, isFixed } = device;
  return (
    <div className={styles.field} data-phase={state.phase} data-testid="device">
      <SwitchField
        label="On this device"
        hint={hint(device)}
        isOn={isOn}
        isDisabled={isFixed}
        testId="device-switch"
        onChange={onTurn}
      />
      <p className="visually-hidden" role="status">
        {state.phase === 'ready' || state.phase === 'failed' ? hint(device) : ''}
      </p>
      {state.phase === 'failed' && (
        <div className={styles.more}>
          <button
            type="button"
            className="btn btn-sm ser-button"
            data-testid="device-retry"
            onClick={device.retry}
          >
            Try again
          </button>
        </div>
      )}
      {state.phase === 'loading' && (
        <div className={styles.more}>
          <ProgressBar
            label="Loading the model"
            progress={state.total === undefined ? undefined : state.loaded / state.total}
          />
        </div>
      )}
    </div>
  );
}
