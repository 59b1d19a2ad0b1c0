import { useCallback, useEffect, useReducer, useRef } from 'react';
import type { Model } from '../../../lib/apiSchemas';
import { useLeaveWarning } from '../../../lib/useLeaveWarning';
import type { BaselineStore } from '../../../lib/baselineStore';
import { analyseFile, type BaselineSource } from '../lib/analyseFile';
import { hasEnded, uploadsReducer, type Upload } from '../lib/uploads';

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

function isUnderWay(upload: Upload): boolean {
  return !hasEnded(upload) && upload.state.phase !== 'waiting';
}

interface UploadsOptions {
  model: Model | undefined;
  baselines: BaselineStore;
  baselineSource: BaselineSource;
}

/** Analyses files one at a time, in the order they were added. */
export function useUploads({ model, baselines, baselineSource }: UploadsOptions): UploadsControl {
  const [uploads, dispatch] = useReducer(uploadsReducer, []);
  const request = useRef<{ id: number; controller: AbortController }>(null);

  useEffect(() => {
    const isSending = uploads.some(isUnderWay);
    const next = uploads.find(({ state }) => state.phase === 'waiting');
    if (isSending || !next) return;
    const { id, file } = next;
    const controller = new AbortController();
    request.current = { id, controller };
    dispatch({ type: 'changed', id, state: { phase: 'sending', progress: 0 } });
    const options = {
      model: model?.name,
      signal: controller.signal,
      baselines,
      kind: model?.baseline_kind,
      baselineSource,
    };
    void analyseFile(file, options, (state) => {
      if (!controller.signal.aborted) dispatch({ type: 'changed', id, state });
    });
  }, [uploads, model, baselines, baselineSource]);

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
