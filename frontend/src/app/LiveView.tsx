import type { ReactNode } from 'react';
import { ListenBar } from '@/features/live/components/ListenBar';
import { EmotionOverTime } from '@/features/session/components/EmotionOverTime';
import { SessionActions } from '@/features/session/components/SessionActions';
import { SessionDuration } from '@/features/session/components/SessionDuration';
import { SessionSummary } from '@/features/session/components/SessionSummary';
import { Timeline } from '@/features/session/components/Timeline';
import { emotionsOf, emotionResults } from '@/features/session/lib/sessionViews';
import { UnknownVoice } from '@/features/voice/components/UnknownVoice';
import type { Consent } from '@/features/voice/hooks/useConsent';
import type { BaselineStore } from '@/features/voice/lib/baselineStore';
import type { Model } from '@/lib/apiSchemas';
import { LiveAnnouncement } from './LiveAnnouncement';
import styles from './LiveView.module.css';
import { ResultPanel } from './ResultPanel';
import type { Live } from './useLive';

interface LiveViewProps {
  live: Live;
  model: Model | undefined;
  baselines: BaselineStore;
  consent: Consent;
  /** Which microphone, and how it is answered; phones have them in the settings. */
  options: ReactNode;
}

/** All on one screen: the microphone, the emotion now, the last results, and all results over time. */
export function LiveView({ live, model, baselines, consent, options }: LiveViewProps) {
  const { listening, sessionControl } = live;
  const { session } = sessionControl;
  const results = emotionResults(session);
  const emotions = emotionsOf(results, model?.emotions ?? []);

  return (
    <div className={styles.view}>
      <LiveAnnouncement session={session} />
      <div className={styles.microphone}>
        <ListenBar
          listening={listening}
          consent={consent}
          duration={<SessionDuration session={session} />}
          options={options}
        />
      </div>
      <div className={styles.result}>
        <ResultPanel
          latest={listening.streamStatus?.latest ?? session.results.at(-1)}
          isListening={listening.phase === 'listening'}
          isServerDown={listening.server.kind === 'down'}
          streamStatus={listening.streamStatus}
          tellsIntensity={model?.tells_intensity ?? false}
          note={<UnknownVoice baselines={baselines} model={model} />}
        />
      </div>
      <div className={styles.chart}>
        <EmotionOverTime session={session} emotions={emotions} />
      </div>
      <div className={styles.timeline}>
        <Timeline results={results} />
      </div>
      <section className={styles.session} aria-labelledby="session-heading">
        <SessionSummary session={session} emotions={emotions} />
        <SessionActions
          {...sessionControl}
          onCleared={() => {
            baselines.endSession();
          }}
        />
      </section>
    </div>
  );
}
