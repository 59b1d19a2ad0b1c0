import type { ReactNode } from 'react';
import MicIcon from '~icons/lucide/mic';
import SquareIcon from '~icons/lucide/square';
import { Notice } from '@/components/Notice';
import type { Consent } from '@/features/voice/hooks/useConsent';
import { t, type MessageId } from '@/lib/i18n';
import type { Problem } from '@/lib/problem';
import { useElapsedMs } from '@/lib/useElapsedMs';
import type { Listening, ListeningPhase } from '../hooks/useListening';
import { liveNotice } from '../lib/liveNotice';
import { toggleListening } from '../lib/toggleListening';
import type { ServerState } from '../lib/transport';
import styles from './ListenBar.module.css';
import { LiveWaveform } from './LiveWaveform';

const labels: Record<ListeningPhase, MessageId> = {
  idle: 'live.start',
  asking: 'common.cancel',
  listening: 'live.stop',
};

/** Where the server is down, the time to the next try as it passes. */
function useCountdown(server: ServerState): ServerState {
  const passedMs = useElapsedMs(server.kind === 'down', server);
  if (server.kind !== 'down') return server;
  return { ...server, retryInS: Math.max(1, Math.ceil(server.retryInS - passedMs / 1000)) };
}

interface ListenBarProps {
  listening: Listening;
  /** Why it is not known which models there are. */
  modelsProblem: Problem | null;
  consent: Consent;
  /** The microphone delivers no sound at all. */
  isSilent: boolean;
  /** How long the session is. */
  duration: ReactNode;
  /** Which microphone, and how it is answered. */
  options: ReactNode;
}

/** Starts and stops listening, and shows what the microphone gives. */
export function ListenBar(props: ListenBarProps) {
  const { listening, modelsProblem, isSilent, consent, duration, options } = props;
  const { phase, monitor, problem } = listening;
  const server = useCountdown(listening.server);
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
        <Notice
          {...liveNotice({ phase, mode: listening.mode, server, problem, modelsProblem, isSilent })}
        />
      </div>
      <div className={styles.waveform}>
        <LiveWaveform monitor={monitor} />
      </div>
      {options}
    </section>
  );
}
