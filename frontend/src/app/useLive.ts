import { useCallback, useEffect, useRef, useState } from 'react';
import * as z from 'zod/mini';
import { LiveClips } from '@/features/live/lib/liveClips';
import { useListening, type Listening } from '@/features/live/hooks/useListening';
import type { LiveMode, PredictedSpan } from '@/features/live/lib/transport';
import { useSession, type SessionControl } from '@/features/session/hooks/useSession';
import type { BaselineStore } from '@/features/voice/lib/baselineStore';
import type { Model, Prediction } from '@/lib/apiSchemas';
import type { DeviceControl } from '@/lib/device/useDevice';
import type { MicrophoneOptions } from '@/lib/microphone/microphone';
import { useLeaveWarning } from '@/lib/useLeaveWarning';
import { useStored } from '@/lib/useStored';

const microphoneSchema = z.object({ voiceProcessing: z.boolean(), deviceId: z.string() });
const standardMicrophone: MicrophoneOptions = { voiceProcessing: false, deviceId: '' };

interface LiveOptions {
  model: Model | undefined;
  isModelPending: boolean;
  device: DeviceControl;
  baselines: BaselineStore;
}

export interface Live {
  listening: Listening;
  sessionControl: SessionControl;
  mode: LiveMode;
  setMode: (mode: LiveMode) => void;
  microphone: MicrophoneOptions;
  setMicrophone: (microphone: MicrophoneOptions) => void;
  /** This browser is loading the model. */
  isDevicePending: boolean;
  /** What was recorded for the results. */
  clips: LiveClips;
}

/** Listening and its results, which go on while another view is shown. */
export function useLive({ model, isModelPending, device, baselines }: LiveOptions): Live {
  const sessionControl = useSession();
  const { session, dispatch } = sessionControl;
  const [microphone, setMicrophone] = useStored(
    'ser.microphone',
    microphoneSchema,
    standardMicrophone,
  );
  const [mode, setMode] = useStored('ser.liveMode', z.enum(['chunks', 'stream']), 'chunks');

  const runStartMs = useRef(0);
  const runStartedAtMs = session.run?.startedAtMs;
  useEffect(() => {
    runStartMs.current = performance.now();
  }, [runStartedAtMs]);

  const [clips] = useState(() => new LiveClips());
  const isDevicePending = device.isOn && device.state.phase !== 'ready';
  const listening = useListening({
    model,
    baselines,
    isModelPending: isModelPending || isDevicePending,
    service: device.service,
    microphone,
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
        if (predicted.file && prediction) clips.keep(endedAtMs, predicted.file);
      },
      [dispatch, clips],
    ),
    onSkipped: useCallback(() => {
      dispatch({ type: 'skipped' });
    }, [dispatch]),
  });

  useLeaveWarning(listening.phase === 'listening');

  return {
    listening,
    sessionControl,
    mode,
    setMode,
    microphone,
    setMicrophone,
    isDevicePending,
    clips,
  };
}
