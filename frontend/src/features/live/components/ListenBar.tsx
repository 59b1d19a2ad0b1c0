import type { ReactNode } from 'react';
import MicIcon from '~icons/lucide/mic';
import SquareIcon from '~icons/lucide/square';
import { Notice } from '@/components/Notice';
import type { Consent } from '@/features/voice/hooks/useConsent';
import { t, type MessageId } from '@/lib/i18n';
import type { Listening, ListeningPhase } from '../hooks/useListening';
import { liveNotice } from '../lib/liveNotice';
import { toggleListening } from '../lib/toggleListening';
import styles from './ListenBar.module.css';
import { LiveWaveform } from './LiveWaveform';

const labels: Record<ListeningPhase, MessageId> = {
  idle: 'live.start',
  asking: 'common.cancel',
  listening: 'live.stop',
};

interface ListenBarProps {
  listening: Listening;
  consent: Consent;
  /** The microphone delivers no sound at all. */
  isSilent: boolean;
  /** How long the session is. */
  duration: ReactNode;
  /** Which microphone, and how it is answered. */
  options: ReactNode;
}

/** Starts and stops listening, and shows what the microphone gives. */
export function ListenBar({ listening, isSilent, consent, duration, options }: ListenBarProps) {
  const { phase, monitor, server, problem } = listening;
  return (
    <section className={styles.bar} aria-labelledby="microphone-heading" data-testid="listen-bar">
      <h2 className="visually-hidden" id="microphone-heading">
        {t('live.microphone')}
      </h2>
      <button
        type="button"
        className={styles.button}
        data-phase={phase}
        data-testid="listen-button"
        aria-label={t(labels[phase])}
        onClick={() => {
          toggleListening(listening, consent);
        }}
      >
        {phase === 'listening' ? <SquareIcon aria-hidden="true" /> : <MicIcon aria-hidden="true" />}
      </button>
      <span className={styles.duration}>{duration}</span>
      <div className={styles.notice}>
        <Notice {...liveNotice({ phase, mode: listening.mode, server, problem, isSilent })} />
      </div>
      <div className={styles.waveform}>
        <LiveWaveform monitor={monitor} />
      </div>
      {options}
    </section>
  );
}
