import { useCallback, useEffect, useRef, type ReactNode } from 'react';
import * as z from 'zod/mini';
import { MicRecorder } from '../features/live/components/MicRecorder';
import { VoicePanel } from '../features/live/components/VoicePanel';
import { useLeaveWarning } from '../lib/useLeaveWarning';
import { useListening } from '../features/live/hooks/useListening';
import type { HeardSpan } from '../features/live/lib/transport';
import { EmotionOverTime } from '../features/session/components/EmotionOverTime';
import { SessionActions } from '../features/session/components/SessionActions';
import { SessionStats } from '../features/session/components/SessionStats';
import { Timeline } from '../features/session/components/Timeline';
import { useSession } from '../features/session/hooks/useSession';
import { emotionsOf, heardEmotions } from '../features/session/lib/sessionViews';
import type { Model, Prediction } from '../lib/apiSchemas';
import { useStored } from '../lib/useStored';
import type { VoiceStore } from '../lib/voiceStore';
import { LiveAnnouncement } from './LiveAnnouncement';
import styles from './LiveView.module.css';
import { ResultPanel } from './ResultPanel';

interface LiveViewProps {
  model: Model | undefined;
  isModelPending: boolean;
  voices: VoiceStore;
  modelPicker: ReactNode;
}

export function LiveView({ model, isModelPending, voices, modelPicker }: LiveViewProps) {
  const sessionControl = useSession();
  const { session, dispatch } = sessionControl;
  const [voiceProcessing, setVoiceProcessing] = useStored(
    'ser.voiceProcessing',
    z.boolean(),
    false,
  );
  const [mode, setMode] = useStored('ser.liveMode', z.enum(['chunks', 'stream']), 'chunks');

  const runStartMs = useRef(0);
  const runStartedAtMs = session.run?.startedAtMs;
  useEffect(() => {
    runStartMs.current = performance.now();
  }, [runStartedAtMs]);

  const listening = useListening({
    model,
    voices,
    isModelPending,
    voiceProcessing,
    mode,
    onStarted: useCallback(() => {
      dispatch({ type: 'started', atMs: Date.now() });
    }, [dispatch]),
    onStopped: useCallback(() => {
      dispatch({ type: 'stopped', atMs: Date.now() });
    }, [dispatch]),
    onHeard: useCallback(
      ({ startMs, endMs, endedAtMs, model: heardBy }: HeardSpan, prediction: Prediction | null) => {
        const inRunS = (atMs: number) => (atMs - runStartMs.current) / 1000;
        const chunk = { startS: inRunS(startMs), endS: inRunS(endMs), endedAtMs, model: heardBy };
        dispatch({ type: 'heard', chunk, prediction });
      },
      [dispatch],
    ),
    onSkipped: useCallback(() => {
      dispatch({ type: 'skipped' });
    }, [dispatch]),
  });

  useLeaveWarning(listening.phase === 'listening');

  const heard = heardEmotions(session);
  const emotions = emotionsOf(heard, model?.emotions ?? []);

  return (
    <div className={styles.view}>
      <LiveAnnouncement session={session} />
      <div className={styles.microphone}>
        <MicRecorder
          listening={listening}
          mode={mode}
          onMode={setMode}
          voiceProcessing={voiceProcessing}
          onVoiceProcessing={setVoiceProcessing}
        />
      </div>
      <div className={styles.result}>
        <ResultPanel
          latest={listening.moment?.latest ?? session.heard.at(-1)}
          isListening={listening.phase === 'listening'}
          moment={listening.moment}
        />
      </div>
      <div className={styles.chart}>
        <EmotionOverTime session={session} emotions={emotions} />
      </div>
      <div className={styles.timeline}>
        <Timeline heard={heard} />
      </div>
      <div className={styles.session}>
        <SessionStats session={session} emotions={emotions} />
        <SessionActions
          {...sessionControl}
          onCleared={() => {
            voices.endSession();
          }}
        />
      </div>
      <div className={styles.voice}>
        <VoicePanel
          voices={voices}
          model={model}
          voiceProcessing={voiceProcessing}
          isListening={listening.phase === 'listening'}
          onRead={listening.stop}
        />
      </div>
      <div className={styles.model}>{modelPicker}</div>
    </div>
  );
}
