import { useId } from 'react';
import { DeviceSwitch } from '@/components/DeviceSwitch';
import type { DeviceControl } from '@/lib/device/useDevice';
import { t } from '@/lib/i18n';
import type { MicrophoneOptions } from '@/lib/microphone/microphone';
import type { Listening } from '../hooks/useListening';
import { useMicrophones } from '../hooks/useMicrophones';
import type { LiveMode } from '../lib/transport';
import styles from './ListeningOptions.module.css';

/** What the chosen mode does, and when it takes effect. */
function modeHint(chosen: LiveMode, { phase, mode, cannotStream }: Listening): string {
  if (cannotStream) return t('live.cannotStream');
  const words = t(chosen === 'stream' ? 'live.streamHint' : 'live.chunksHint');
  return phase === 'idle' || mode === chosen ? words : `${t('live.fromNextStart')} ${words}`;
}

function ModeChoice({
  listening,
  mode,
  onMode,
}: Pick<ListeningOptionsProps, 'listening' | 'mode' | 'onMode'>) {
  const id = useId();
  const hint = modeHint(mode, listening);
  return (
    <fieldset className={styles.modes} aria-describedby={`${id}-hint`} title={hint}>
      <legend className="visually-hidden">{t('live.mode')}</legend>
      {(['chunks', 'stream'] as const).map((each) => (
        <label key={each} className={styles.mode}>
          <input
            type="radio"
            name={`${id}-mode`}
            checked={mode === each}
            data-testid={`mode-${each}`}
            onChange={() => {
              onMode(each);
            }}
          />
          <span>{t(each === 'stream' ? 'live.stream' : 'live.chunks')}</span>
        </label>
      ))}
      <p className={styles.hint} id={`${id}-hint`} role="status" data-testid="mode-hint">
        {hint}
      </p>
    </fieldset>
  );
}

function MicrophoneChoice({
  isOpen,
  chosen,
  onChoose,
}: {
  isOpen: boolean;
  chosen: string;
  onChoose: (id: string) => void;
}) {
  const microphones = useMicrophones(isOpen);
  const isThere = microphones.some(({ id }) => id === chosen);
  return (
    <label className={styles.microphone}>
      <span className="visually-hidden">{t('live.microphone')}</span>
      <select
        className="form-select form-select-sm"
        value={isThere ? chosen : ''}
        title={isOpen ? t('live.fromNextStart') : undefined}
        data-testid="microphone-select"
        onChange={({ currentTarget }) => {
          onChoose(currentTarget.value);
        }}
      >
        <option value="">{t('live.anyMicrophone')}</option>
        {microphones.map(({ id, name }) => (
          <option key={id} value={id}>
            {name}
          </option>
        ))}
      </select>
    </label>
  );
}

interface ListeningOptionsProps {
  listening: Listening;
  device: DeviceControl;
  /** The chosen mode. */
  mode: LiveMode;
  onMode: (mode: LiveMode) => void;
  microphone: MicrophoneOptions;
  onMicrophone: (microphone: MicrophoneOptions) => void;
  /** One above the other, as in a drawer. */
  isStacked: boolean;
}

/** Which microphone listens, what answers, and how often. */
export function ListeningOptions(props: ListeningOptionsProps) {
  const { listening, device, mode, onMode, microphone, onMicrophone, isStacked } = props;
  return (
    <div className={styles.options} data-stacked={isStacked} data-testid="listening-options">
      <MicrophoneChoice
        isOpen={listening.phase === 'listening'}
        chosen={microphone.deviceId}
        onChoose={(deviceId) => {
          onMicrophone({ ...microphone, deviceId });
        }}
      />
      <ModeChoice listening={listening} mode={mode} onMode={onMode} />
      <div className={styles.device}>
        <DeviceSwitch device={device} />
      </div>
    </div>
  );
}
