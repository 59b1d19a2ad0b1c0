import { useCallback, useEffect, useRef, type ReactNode } from 'react';
import * as z from 'zod/mini';
import { MicRecorder } from '@/features/live/components/MicRecorder';
import { UnknownVoice } from '@/features/voice/components/UnknownVoice';
import { VoicePanel } from '@/features/voice/components/VoicePanel';
import { useLeaveWarning } from '@/lib/useLeaveWarning';
import { useListening } from '@/features/live/hooks/useListening';
import type { PredictedSpan } from '@/features/live/lib/transport';
import { EmotionOverTime } from '@/features/session/components/EmotionOverTime';
import { SessionActions } from '@/features/session/components/SessionActions';
import { SessionStats } from '@/features/session/components/SessionStats';
import { Timeline } from '@/features/session/components/Timeline';
import { useSession } from '@/features/session/hooks/useSession';
import { emotionsOf, emotionResults } from '@/features/session/lib/sessionViews';
import type { Model, Prediction } from '@/lib/apiSchemas';
import type { DeviceControl } from '@/lib/device/useDevice';
import { useStored } from '@/lib/useStored';
import type { BaselineStore } from '@/features/voice/lib/baselineStore';
import { LiveAnnouncement } from './LiveAnnouncement';
import styles from './LiveView.module.css';
import { ResultPanel } from './ResultPanel';

interface LiveViewProps {
  model: Model | undefined;
  isModelPending: boolean;
  device: DeviceControl;
  baselines: BaselineStore;
  modelPicker: ReactNode;
}

export function LiveView({ model, isModelPending, device, baselines, modelPicker }: LiveViewProps) {
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

  const isDevicePending = device.isOn && device.state.phase !== 'ready';
  const listening = useListening({
    model,
    baselines,
    isModelPending: isModelPending || isDevicePending,
    service: device.service,
    voiceProcessing,
    mode,
    onStarted: useCallback(() => {
      dispatch({ type: 'started', atMs: Date.now() });
    }, [dispatch]),
    onStopped: useCallback(() => {
      dispatch({ type: 'stopped', atMs: Date.now() });
    }, [dispatch]),
    onResult: useCallback(
      (predicted: PredictedSpan, prediction: Prediction | null) => {
        const { startMs, endMs, endedAtMs, model: usedModel } = predicted;
        const inRunS = (atMs: number) => (atMs - runStartMs.current) / 1000;
        const chunk = { startS: inRunS(startMs), endS: inRunS(endMs), endedAtMs, model: usedModel };
        dispatch({ type: 'result', chunk, prediction });
      },
      [dispatch],
    ),
    onSkipped: useCallback(() => {
      dispatch({ type: 'skipped' });
    }, [dispatch]),
  });

  useLeaveWarning(listening.phase === 'listening');

  const results = emotionResults(session);
  const emotions = emotionsOf(results, model?.emotions ?? []);

  return (
    <div className={styles.view}>
      <LiveAnnouncement session={session} />
      <div className={styles.microphone}>
        <MicRecorder
          listening={listening}
          device={device}
          mode={mode}
          onMode={setMode}
          voiceProcessing={voiceProcessing}
          onVoiceProcessing={setVoiceProcessing}
        />
      </div>
      <div className={styles.result}>
        <ResultPanel
          latest={listening.streamStatus?.latest ?? session.results.at(-1)}
          isListening={listening.phase === 'listening'}
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
      <div className={styles.session}>
        <SessionStats session={session} emotions={emotions} />
        <SessionActions
          {...sessionControl}
          onCleared={() => {
            baselines.endSession();
          }}
        />
      </div>
      <div className={styles.voice}>
        <VoicePanel
          baselines={baselines}
          model={model}
          service={device.service}
          isOnDevice={device.isOn}
          isPending={isDevicePending}
          voiceProcessing={voiceProcessing}
          isListening={listening.phase === 'listening'}
          onRead={listening.stop}
        />
      </div>
      <div className={styles.model}>{modelPicker}</div>
    </div>
  );
}
