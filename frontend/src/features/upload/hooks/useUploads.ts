import { useCallback, useEffect, useReducer, useRef } from 'react';
import type { Model } from '@/lib/apiSchemas';
import type { EmotionService } from '@/lib/emotionService';
import { useLeaveWarning } from '@/lib/useLeaveWarning';
import type { BaselineStore } from '@/features/voice/lib/baselineStore';
import { analyseFile, type BaselineSource } from '../lib/analyseFile';
import { hasEnded, isUnderWay, uploadsReducer, type Upload } from '../lib/uploads';

export interface UploadsControl {
  uploads: Upload[];
  add: (files: File[]) => void;
  /** Removes a file from the queue, or aborts its request. */
  cancel: (id: number) => void;
  cancelAll: () => void;
  retry: (id: number) => void;
  /** Removes the finished files. */
  clear: () => void;
}

interface UploadsOptions {
  service: Pick<EmotionService, 'analyze'>;
  /** What answers is not ready yet. */
  isPending: boolean;
  model: Model | undefined;
  baselines: BaselineStore;
  baselineSource: BaselineSource;
}

/** Analyses files one at a time, in the order they were added. */
export function useUploads(options: UploadsOptions): UploadsControl {
  const { service, isPending, model, baselines, baselineSource } = options;
  const [uploads, dispatch] = useReducer(uploadsReducer, []);
  const request = useRef<{ id: number; controller: AbortController }>(null);

  useEffect(() => {
    const isSending = uploads.some(isUnderWay);
    const next = uploads.find(({ state }) => state.phase === 'waiting');
    if (isSending || isPending || !next) return;
    const { id, file } = next;
    const controller = new AbortController();
    request.current = { id, controller };
    dispatch({ type: 'changed', id, state: { phase: 'sending', progress: 0 } });
    const asked = {
      service,
      model: model?.name,
      signal: controller.signal,
      baselines,
      kind: model?.baseline_kind,
      baselineSource,
    };
    void analyseFile(file, asked, (state) => {
      if (!controller.signal.aborted) dispatch({ type: 'changed', id, state });
    });
  }, [uploads, service, isPending, model, baselines, baselineSource]);

  // A file goes to nobody else than it was chosen for.
  useEffect(
    () => () => {
      request.current?.controller.abort();
      dispatch({ type: 'restarted' });
    },
    [service],
  );

  useLeaveWarning(!uploads.every(hasEnded));

  useEffect(() => () => request.current?.controller.abort(), []);

  const add = useCallback((files: File[]) => {
    dispatch({ type: 'added', files });
  }, []);

  const cancel = useCallback((id: number) => {
    if (request.current?.id === id) request.current.controller.abort();
    dispatch({ type: 'cancelled', id });
  }, []);

  const cancelAll = useCallback(() => {
    request.current?.controller.abort();
    dispatch({ type: 'all_cancelled' });
  }, []);

  const retry = useCallback((id: number) => {
    dispatch({ type: 'changed', id, state: { phase: 'waiting' } });
  }, []);

  const clear = useCallback(() => {
    dispatch({ type: 'cleared' });
  }, []);

  return { uploads, add, cancel, cancelAll, retry, clear };
}
