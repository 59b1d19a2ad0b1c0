import { useCallback, useEffect, useState } from 'react';
import { EMOTION_TASK, type Models } from '@/lib/apiSchemas';
import { apiService } from '@/lib/apiService';
import { toProblem, type Problem } from '@/lib/problem';

const LONGEST_PAUSE_MS = 15_000;

/** Grows with each failure: a server that comes back must not be flooded. */
function pauseMs(failureCount: number): number {
  return Math.min(1000 * 2 ** failureCount, LONGEST_PAUSE_MS);
}

export type ModelsState =
  { phase: 'loading' } | { phase: 'ready'; models: Models } | { phase: 'failed'; problem: Problem };

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
    return { phase: 'failed', problem: toProblem(error) };
  }
}

/** Fetches the list of the models that predict emotions until the server answers; `reload` fetches at once. */
export function useModels(): ModelsControl {
  const [state, setState] = useState<ModelsState>({ phase: 'loading' });
  const [attempt, setAttempt] = useState(0);

  useEffect(() => {
    const controller = new AbortController();
    const { signal } = controller;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const ask = async (failureCount: number) => {
      const next = await fetchOnce(signal);
      if (signal.aborted) return;
      setState(next);
      if (next.phase !== 'failed') return;
      timer = setTimeout(() => void ask(failureCount + 1), pauseMs(failureCount));
    };
    void ask(0);
    return () => {
      controller.abort();
      clearTimeout(timer);
    };
  }, [attempt]);

  const reload = useCallback(() => {
    setState({ phase: 'loading' });
    setAttempt((count) => count + 1);
  }, []);

  return { state, reload };
}
