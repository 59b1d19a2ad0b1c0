import { useCallback, useEffect, useRef, useState } from 'react';
import type { Model } from '../../../lib/apiSchemas';
import { apiService } from '../../../lib/apiService';
import { toProblem, type Problem } from '../../../lib/problem';
import type { Voice, VoiceStore } from '../../../lib/voiceStore';
import type { LevelMonitor } from '../lib/levelMonitor';
import { isPassing } from '../lib/passingProblem';
import { recordOnce } from '../lib/recordOnce';
import { toReadingProblem } from '../lib/toSpokenProblem';

export const LEARNING_MS = 10_000;

const ANSWER_TIMEOUT_MS = 30_000;

export type LearningState =
  | { phase: 'ready' }
  | { phase: 'asking' }
  | { phase: 'recording'; monitor: LevelMonitor }
  | { phase: 'sending' }
  | { phase: 'done'; voice: Voice }
  /** With the recording, where that may be sent again. */
  | { phase: 'failed'; problem: Problem; recording: File | undefined };

export interface VoiceLearning {
  state: LearningState;
  /** Records the speaker and has the recording learned. */
  read: () => void;
  /** Once more with the same recording. */
  resend: (recording: File) => void;
}

interface LearningOptions {
  model: Model;
  voices: VoiceStore;
  voiceProcessing: boolean;
}

/** Learns a voice, and leaves everything as it was if it goes before that is done. */
export function useVoiceLearning({
  model,
  voices,
  voiceProcessing,
}: LearningOptions): VoiceLearning {
  const [state, setState] = useState<LearningState>({ phase: 'ready' });
  const running = useRef<AbortController>(null);

  const send = useCallback(
    async (recording: File, signal: AbortSignal) => {
      setState({ phase: 'sending' });
      try {
        const answer = await apiService.baseline(recording, {
          signal,
          model: model.name,
          timeoutMs: ANSWER_TIMEOUT_MS,
        });
        if (signal.aborted) return;
        const voice = { token: answer.baseline, speechS: answer.speech_s };
        voices.learn(model.baseline_kind, voice);
        setState({ phase: 'done', voice });
      } catch (error) {
        if (signal.aborted) return;
        const problem = toReadingProblem(toProblem(error));
        const kept = isPassing(problem) ? recording : undefined;
        setState({ phase: 'failed', problem, recording: kept });
      }
    },
    [model, voices],
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
      voiceProcessing,
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
  }, [begin, send, voiceProcessing]);

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
