import { useCallback, useEffect, useState } from 'react';
import type { Models } from '../../../lib/apiSchemas';
import { apiService } from '../../../lib/apiService';
import { toProblem, type Problem } from '../../../lib/problem';

export type ModelsState =
  { phase: 'loading' } | { phase: 'ready'; models: Models } | { phase: 'failed'; problem: Problem };

export interface ModelsControl {
  state: ModelsState;
  reload: () => void;
}

export function useModels(): ModelsControl {
  const [state, setState] = useState<ModelsState>({ phase: 'loading' });
  const [attempt, setAttempt] = useState(0);

  useEffect(() => {
    const controller = new AbortController();
    const { signal } = controller;
    const show = (next: ModelsState) => {
      if (!signal.aborted) setState(next);
    };
    apiService.models(signal).then(
      (models) => {
        show({ phase: 'ready', models });
      },
      (error: unknown) => {
        show({ phase: 'failed', problem: toProblem(error) });
      },
    );
    return () => {
      controller.abort();
    };
  }, [attempt]);

  const reload = useCallback(() => {
    setState({ phase: 'loading' });
    setAttempt((count) => count + 1);
  }, []);

  return { state, reload };
}
