import { useCallback, useEffect, useRef, useState } from 'react';
import type { Model } from '@/lib/apiSchemas';
import type { EmotionService } from '@/lib/emotionService';
import { isTemporary, toProblem, type Problem } from '@/lib/problem';
import type { Baseline, BaselineStore } from '../lib/baselineStore';
import type { LevelMonitor } from '@/lib/microphone/levelMonitor';
import type { MicrophoneOptions } from '@/lib/microphone/microphone';
import { recordOnce } from '@/lib/microphone/recordOnce';
import { toLearningProblem } from '../lib/learningProblems';

export const LEARNING_MS = 10_000;

const ANSWER_TIMEOUT_MS = 30_000;

export type LearningState =
  | { phase: 'ready' }
  | { phase: 'asking' }
  | { phase: 'recording'; monitor: LevelMonitor }
  | { phase: 'sending' }
  | { phase: 'done'; voice: Baseline }
  /** `recording` is set where it can be sent again. */
  | { phase: 'failed'; problem: Problem; recording: File | undefined };

export interface BaselineLearning {
  state: LearningState;
  /** Records the speaker and makes a baseline of the recording. */
  read: () => void;
  /** Sends the same recording again. */
  resend: (recording: File) => void;
}

interface LearningOptions {
  model: Model;
  baselines: BaselineStore;
  service: EmotionService;
  microphone: MicrophoneOptions;
}

/** Makes a baseline of a recording. Unmounting cancels it and changes nothing. */
export function useBaselineLearning({
  model,
  baselines,
  service,
  microphone,
}: LearningOptions): BaselineLearning {
  const [state, setState] = useState<LearningState>({ phase: 'ready' });
  const running = useRef<AbortController>(null);

  const send = useCallback(
    async (recording: File, signal: AbortSignal) => {
      setState({ phase: 'sending' });
      try {
        const answer = await service.baseline(recording, {
          signal,
          model: model.name,
          timeoutMs: ANSWER_TIMEOUT_MS,
        });
        if (signal.aborted) return;
        const voice = { token: answer.baseline, speechS: answer.speech_s };
        baselines.learn(model.baseline_kind, voice);
        setState({ phase: 'done', voice });
      } catch (error) {
        if (signal.aborted) return;
        const problem = toLearningProblem(toProblem(error));
        const kept = isTemporary(problem) ? recording : undefined;
        setState({ phase: 'failed', problem, recording: kept });
      }
    },
    [model, baselines, service],
  );

  const begin = useCallback(() => {
    running.current?.abort();
    running.current = new AbortController();
    return running.current.signal;
  }, []);

  const read = useCallback(() => {
    const signal = begin();
    setState({ phase: 'asking' });
    recordOnce({
      durationMs: LEARNING_MS,
      microphone,
      signal,
      onStarted: (monitor) => {
        setState({ phase: 'recording', monitor });
      },
    }).then(
      (recording) => send(recording, signal),
      (error: unknown) => {
        if (signal.aborted) return;
        setState({ phase: 'failed', problem: toProblem(error), recording: undefined });
      },
    );
  }, [begin, send, microphone]);

  const resend = useCallback(
    (recording: File) => {
      void send(recording, begin());
    },
    [begin, send],
  );

  useEffect(
    () => () => {
      running.current?.abort();
    },
    [],
  );

  return { state, read, resend };
}
