import { useState } from 'react';
import * as z from 'zod/mini';
import { SwitchField } from '../../../components/SwitchField';
import { useStored } from '../../../lib/useStored';
import { useSilence } from '../hooks/useSilence';
import type { Listening, ListeningPhase } from '../hooks/useListening';
import { liveNotice } from '../lib/liveNotice';
import { ConsentDialog } from './ConsentDialog';
import { LevelMeter } from './LevelMeter';
import { LiveNotice } from './LiveNotice';
import { LiveWaveform } from './LiveWaveform';
import { MicrophoneIcon, StopIcon } from './icons';
import styles from './MicRecorder.module.css';

const labels: Record<ListeningPhase, string> = {
  idle: 'Start Listening',
  asking: 'Cancel',
  listening: 'Stop Listening',
};

interface MicRecorderProps {
  listening: Listening;
  voiceProcessing: boolean;
  onVoiceProcessing: (isOn: boolean) => void;
}

export function MicRecorder({ listening, voiceProcessing, onVoiceProcessing }: MicRecorderProps) {
  const { phase, monitor, server, problem, start, stop } = listening;
  const [hasConsent, setHasConsent] = useStored('ser.consent', z.boolean(), false);
  const [isAsking, setIsAsking] = useState(false);
  const isSilent = useSilence(monitor);

  const toggle = () => {
    if (phase !== 'idle') stop();
    else if (hasConsent) start();
    else setIsAsking(true);
  };

  const agree = () => {
    setIsAsking(false);
    setHasConsent(true);
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
        <LiveNotice {...liveNotice({ phase, server, problem, isSilent })} />
        <SwitchField
          label="Browser voice processing"
          hint="Corrects echo, noise and loudness, but changes the voice. Used from the next start on."
          isOn={voiceProcessing}
          testId="voice-processing-switch"
          onChange={onVoiceProcessing}
        />
      </div>
      {isAsking && (
        <ConsentDialog
          onAgree={agree}
          onDecline={() => {
            setIsAsking(false);
          }}
        />
      )}
    </section>
  );
}
