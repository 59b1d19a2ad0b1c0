import { useCallback, useEffect, useState } from 'react';
import { accessKey, useAccess } from '@/lib/accessKey';
import { EMOTION_TASK, type Models } from '@/lib/apiSchemas';
import { apiService } from '@/lib/apiService';
import { toProblem, type Problem } from '@/lib/problem';
import { backOffS } from '@/lib/retries';

export type ModelsState =
  | { phase: 'loading' }
  | { phase: 'ready'; models: Models }
  /** `isAsking`: somebody asked for it again, and there is no answer yet. */
  | { phase: 'failed'; problem: Problem; isAsking: boolean };

export interface ModelsControl {
  state: ModelsState;
  reload: () => void;
}

async function fetchOnce(signal: AbortSignal): Promise<ModelsState> {
  try {
    const answer = await apiService.models(signal);
    const models = answer.models.filter(({ task }) => task === EMOTION_TASK);
    return { phase: 'ready', models: { ...answer, models } };
  } catch (error) {
    return { phase: 'failed', problem: toProblem(error), isAsking: false };
  }
}

/** Fetches the list of the models that predict emotions until the server answers; `reload` fetches at once. */
export function useModels(): ModelsControl {
  const [state, setState] = useState<ModelsState>({ phase: 'loading' });
  const [attempt, setAttempt] = useState(0);
  const { hasKey } = useAccess();

  useEffect(() => {
    const controller = new AbortController();
    const { signal } = controller;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const ask = async (failureCount: number) => {
      const next = await fetchOnce(signal);
      if (signal.aborted) return;
      setState(next);
      // Without a key, no later try succeeds.
      if (next.phase !== 'failed' || next.problem.code === 'no_key') return;
      timer = setTimeout(() => void ask(failureCount + 1), backOffS(failureCount, next.problem) * 1000);
    };
    void ask(0);
    return () => {
      controller.abort();
      clearTimeout(timer);
    };
  }, [attempt, hasKey]);

  const reload = useCallback(() => {
    accessKey.reconsider();
    setState((before) => (before.phase === 'failed' ? { ...before, isAsking: true } : before));
    setAttempt((count) => count + 1);
  }, []);

  const hasFailed = state.phase === 'failed';
  useEffect(() => {
    if (!hasFailed) return undefined;
    window.addEventListener('online', reload);
    return () => {
      window.removeEventListener('online', reload);
    };
  }, [hasFailed, reload]);

  return { state, reload };
}
