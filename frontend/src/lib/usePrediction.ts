import { useCallback, useEffect, useRef, useState } from 'react';
import type { Prediction } from './apiSchemas';
import { apiService } from './apiService';
import { toProblem, type Problem } from './problem';

export type PredictionState =
  | { phase: 'idle' }
  | { phase: 'uploading'; clipName: string; progress: number }
  | { phase: 'analysing'; clipName: string }
  | { phase: 'done'; clipName: string; prediction: Prediction }
  | { phase: 'no_speech'; problem: Problem }
  | { phase: 'failed'; problem: Problem };

export interface PredictionControl {
  state: PredictionState;
  /** Sends a clip; an earlier request still under way is aborted and never shown. */
  analyse: (clip: File) => void;
  /** Aborts the request under way, if any, and forgets the last result. */
  reset: () => void;
  fail: (problem: Problem) => void;
}

function uploadState(clipName: string, progress: number): PredictionState {
  return progress < 1
    ? { phase: 'uploading', clipName, progress }
    : { phase: 'analysing', clipName };
}

function problemState(problem: Problem): PredictionState {
  return { phase: problem.code === 'no_speech' ? 'no_speech' : 'failed', problem };
}

async function predict(clip: File, signal: AbortSignal, show: (state: PredictionState) => void) {
  try {
    const prediction = await apiService.predict(clip, {
      signal,
      onUploadProgress: (progress) => {
        show(uploadState(clip.name, progress));
      },
    });
    show({ phase: 'done', clipName: clip.name, prediction });
  } catch (error) {
    show(problemState(toProblem(error)));
  }
}

export function usePrediction(): PredictionControl {
  const [state, setState] = useState<PredictionState>({ phase: 'idle' });
  const request = useRef<AbortController>(null);

  const supersede = useCallback((next: PredictionState) => {
    request.current?.abort();
    setState(next);
  }, []);

  const analyse = useCallback(
    (clip: File) => {
      supersede(uploadState(clip.name, 0));
      const controller = new AbortController();
      request.current = controller;
      const { signal } = controller;
      void predict(clip, signal, (next) => {
        if (!signal.aborted) setState(next);
      });
    },
    [supersede],
  );

  const reset = useCallback(() => {
    supersede({ phase: 'idle' });
  }, [supersede]);

  const fail = useCallback(
    (problem: Problem) => {
      supersede(problemState(problem));
    },
    [supersede],
  );

  useEffect(() => () => request.current?.abort(), []);

  return { state, analyse, reset, fail };
}
