import type { DeviceControl, DeviceState } from '@/lib/device/useDevice';
import { formatSize } from '@/lib/format';
import { t } from '@/lib/i18n';
import { ProgressBar } from './ProgressBar';
import { SwitchField } from './SwitchField';
import styles from './DeviceSwitch.module.css';

function stateText(state: DeviceState): string {
  switch (state.phase) {
    case 'off':
      return t('device.off');
    case 'loading': {
      const { loaded, total } = state;
      if (loaded === 0) return t('device.loading');
      if (total === undefined) return t('device.loaded', { loaded: formatSize(loaded) });
      return t('device.loadedOf', { loaded: formatSize(loaded), total: formatSize(total) });
    }
    case 'ready':
      return t(state.isKept ? 'device.readyKept' : 'device.ready');
    case 'failed': {
      const { title, remedy } = state.problem;
      return t('device.failed', { title, remedy });
    }
  }
}

function hint({ state, isFixed }: DeviceControl): string {
  return isFixed ? t('device.fixed', { state: stateText(state) }) : stateText(state);
}

interface DeviceSwitchProps {
  device: DeviceControl;
}

/** Whether this browser answers instead of the server. */
export function DeviceSwitch({ device }: DeviceSwitchProps) {
  const { state, isOn, isFixed } = device;
  return (
    <div className={styles.field} data-phase={state.phase} data-testid="device">
      <SwitchField
        label={t('device.label')}
        hint={hint(device)}
        isOn={isOn}
        isDisabled={isFixed}
        testId="device-switch"
        onChange={device.turn}
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
            {t('common.tryAgain')}
          </button>
        </div>
      )}
      {state.phase === 'loading' && (
        <div className={styles.more}>
          <ProgressBar
            label={t('device.progress')}
            progress={state.total === undefined ? undefined : state.loaded / state.total}
          />
        </div>
      )}
    </div>
  );
}
