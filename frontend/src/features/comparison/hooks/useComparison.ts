import { useCallback, useEffect, useState } from 'react';
import { apiService } from '@/lib/apiService';
import type { Comparison } from '@/lib/comparisonSchemas';
import { toProblem, type Problem } from '@/lib/problem';

export type ComparisonState =
  | { phase: 'loading' }
  | { phase: 'ready'; comparison: Comparison }
  /** The server has none. */
  | { phase: 'none' }
  | { phase: 'failed'; problem: Problem };

async function fetchOnce(signal: AbortSignal): Promise<ComparisonState> {
  try {
    const comparison = await apiService.comparison(signal);
    return comparison.rows.length > 0 ? { phase: 'ready', comparison } : { phase: 'none' };
  } catch (error) {
    const problem = toProblem(error);
    return problem.code === 'no_comparison' ? { phase: 'none' } : { phase: 'failed', problem };
  }
}

/** Fetches the comparison once, and again with `reload`. */
export function useComparison(): { state: ComparisonState; reload: () => void } {
  const [state, setState] = useState<ComparisonState>({ phase: 'loading' });
  const [attempt, setAttempt] = useState(0);

  useEffect(() => {
    const controller = new AbortController();
    void fetchOnce(controller.signal).then((next) => {
      if (!controller.signal.aborted) setState(next);
    });
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
