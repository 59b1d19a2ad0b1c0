import { useMemo, useState, type ReactNode } from 'react';
import type { HistoryControl } from '@/features/history/hooks/useHistory';
import { ListenBar } from '@/features/live/components/ListenBar';
import { PlayClip } from '@/features/live/components/PlayClip';
import { toggleListening } from '@/features/live/lib/toggleListening';
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
import type { Problem } from '@/lib/problem';
import { t } from '@/lib/i18n';
import { useSilence } from '@/lib/useSilence';
import { useShortcuts } from '@/lib/useShortcuts';
import { LiveAnnouncement } from './LiveAnnouncement';
import styles from './LiveView.module.css';
import { ResultPanel } from './ResultPanel';
import type { Live } from './useLive';

/** A session that has just begun does not fill the width. */
const SHORTEST_SPAN_S = 30;

interface LiveViewProps {
  live: Live;
  model: Model | undefined;
  /** Why it is not known which models there are. */
  modelsProblem: Problem | null;
  baselines: BaselineStore;
  consent: Consent;
  /** Which microphone, and how it is answered; phones have them in the settings. */
  options: ReactNode;
  history: HistoryControl;
  isShown: boolean;
}

function BackToNow({ onBack }: { onBack: () => void }) {
  return (
    <button type="button" className={styles.back} data-testid="back-to-now" onClick={onBack}>
      {t('live.backToNow')}
    </button>
  );
}

/** All on one screen: the microphone, the emotion now, the last results, and all results over time. */
export function LiveView(props: LiveViewProps) {
  const { live, model, modelsProblem, baselines, consent, options, history, isShown } = props;
  const { listening, sessionControl, clips } = live;
  const { session } = sessionControl;
  const isSilent = useSilence(listening.monitor);
  const results = useMemo(() => emotionResults(session), [session]);
  const emotions = emotionsOf(results, model?.emotions ?? []);
  const [selectedId, setSelectedId] = useState<number>();
  const selected = results.find(({ id }) => id === selectedId);
  const clip = selected && clips.at(selected.endedAtMs);
  const select = (step: 1 | -1) => {
    const index = selected ? results.indexOf(selected) + step : results.length - 1;
    // At either end, the choice stays.
    if (results[index]) setSelectedId(results[index].id);
  };
  useShortcuts(isShown, {
    ' ': () => {
      toggleListening(listening, consent);
    },
    ArrowRight: () => {
      select(1);
    },
    ArrowLeft: () => {
      select(-1);
    },
    Escape: () => {
      setSelectedId(undefined);
    },
  });

  return (
    <div className={styles.view} data-testid="live-view">
      <LiveAnnouncement session={session} />
      <div className={styles.microphone}>
        <ListenBar
          listening={listening}
          modelsProblem={modelsProblem}
          isSilent={isSilent}
          consent={consent}
          duration={<SessionDuration session={session} />}
          options={options}
        />
      </div>
      <div className={styles.result}>
        <ResultPanel
          latest={selected ?? listening.streamStatus?.latest ?? session.results.at(-1)}
          isSelected={selected !== undefined}
          isSilent={isSilent}
          isListening={listening.phase === 'listening'}
          isServerDown={listening.server.kind === 'down'}
          streamStatus={listening.streamStatus}
          tellsIntensity={model?.tells_intensity ?? false}
          note={
            selected ? (
              <>
                {clip && <PlayClip file={clip} isListening={listening.phase !== 'idle'} />}{' '}
                <BackToNow
                  onBack={() => {
                    document.getElementById(`result-${selected.id}`)?.focus();
                    setSelectedId(undefined);
                  }}
                />
              </>
            ) : (
              <UnknownVoice baselines={baselines} model={model} />
            )
          }
        />
      </div>
      <div className={styles.chart}>
        <EmotionOverTime
          results={results}
          leastS={Math.max(SHORTEST_SPAN_S, session.results.at(-1)?.endS ?? 0)}
          emotions={emotions}
          selected={selected}
        />
      </div>
      <div className={styles.timeline}>
        <Timeline results={results} selectedId={selected?.id} onSelect={setSelectedId} />
      </div>
      <section className={styles.session} aria-labelledby="session-heading">
        <SessionSummary session={session} emotions={emotions} />
        <SessionActions
          {...sessionControl}
          isInHistory={history.keptKey !== undefined}
          hasHistoryFailed={history.hasFailed}
          onCleared={() => {
            baselines.endSession();
            clips.clear();
          }}
        />
      </section>
    </div>
  );
}
