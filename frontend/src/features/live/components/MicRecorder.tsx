import { useState } from 'react';
import * as z from 'zod/mini';
import { DeviceSwitch } from '@/components/DeviceSwitch';
import { SwitchField } from '@/components/SwitchField';
import type { DeviceControl } from '@/lib/device/useDevice';
import { useStored } from '@/lib/useStored';
import { useSilence } from '@/lib/useSilence';
import type { Listening, ListeningPhase } from '../hooks/useListening';
import type { LiveMode } from '../lib/liveMode';
import { liveNotice } from '../lib/liveNotice';
import { ConsentDialog } from './ConsentDialog';
import { LevelMeter } from '@/components/LevelMeter';
import { Notice } from '@/components/Notice';
import { LiveWaveform } from './LiveWaveform';
import { MicrophoneIcon, StopIcon } from './icons';
import styles from './MicRecorder.module.css';

const labels: Record<ListeningPhase, string> = {
  idle: 'Start Listening',
  asking: 'Cancel',
  listening: 'Stop Listening',
};

/** What the chosen mode does, and when it takes effect. */
function streamingHint(
  chosen: LiveMode,
  { phase, mode, cannotStream }: Listening,
): string {
  if (cannotStream) return 'Not possible here: a result every 3 seconds instead.';
  const words =
    chosen === 'stream'
      ? 'On: two results per second while you speak.'
      : 'Off: a result every 3 seconds.';
  return phase === 'idle' || mode === chosen ? words : `${words} Applies from the next start.`;
}

interface MicRecorderProps {
  listening: Listening;
  device: DeviceControl;
  /** The chosen mode. */
  mode: LiveMode;
  onMode: (mode: LiveMode) => void;
  voiceProcessing: boolean;
  onVoiceProcessing: (isOn: boolean) => void;
}

export function MicRecorder(props: MicRecorderProps) {
  const { listening, device, mode, onMode, voiceProcessing, onVoiceProcessing } = props;
  const { phase, monitor, server, problem, start, stop } = listening;
  const [maySend, setMaySend] = useStored('ser.consent', z.boolean(), false);
  const [mayListen, setMayListen] = useStored('ser.consentOnDevice', z.boolean(), false);
  const hasConsent = maySend || (device.isOn && mayListen);
  const [isAsking, setIsAsking] = useState(false);
  const isSilent = useSilence(monitor);

  const toggle = () => {
    if (phase !== 'idle') stop();
    else if (hasConsent) start();
    else setIsAsking(true);
  };

  const agree = () => {
    setIsAsking(false);
    if (device.isOn) setMayListen(true);
    else setMaySend(true);
    start();
  };

  return (
    <section className="card ser-card" aria-labelledby="microphone-heading">
      <div className={`card-body ${styles.body}`}>
        <h2 className="visually-hidden" id="microphone-heading">
          Microphone
        </h2>
        <button
          type="button"
          className={styles.button}
          data-phase={phase}
          data-testid="listen-button"
          onClick={toggle}
        >
          <span className={styles.disc}>
            {phase === 'listening' ? <StopIcon /> : <MicrophoneIcon />}
          </span>
          <span className={styles.label}>{labels[phase]}</span>
        </button>
        <LiveWaveform monitor={monitor} />
        <LevelMeter monitor={monitor} />
        <Notice {...liveNotice({ phase, mode: listening.mode, server, problem, isSilent })} />
        <DeviceSwitch
          device={device}
          onTurn={(isOn) => {
            // What is for the server needs a consent of its own.
            if (phase !== 'idle' && !isOn && !maySend) stop();
            device.turn(isOn);
          }}
        />
        <SwitchField
          label="Streaming"
          hint={streamingHint(mode, listening)}
          isOn={mode === 'stream'}
          testId="streaming-switch"
          onChange={(isOn) => {
            onMode(isOn ? 'stream' : 'chunks');
          }}
        />
        <SwitchField
          label="Browser voice processing"
          hint="Echo, noise and volume correction. It changes the voice. Applies from the next start."
          isOn={voiceProcessing}
          testId="voice-processing-switch"
          onChange={onVoiceProcessing}
        />
      </div>
      {isAsking && (
        <ConsentDialog
          isOnDevice={device.isOn}
          onAgree={agree}
          onDecline={() => {
            setIsAsking(false);
          }}
        />
      )}
    </section>
  );
}
