import { useCallback, useEffect, useReducer, useRef } from 'react';
import type { BaselineStore } from '@/features/voice/lib/baselineStore';
import type { Model } from '@/lib/apiSchemas';
import type { EmotionService } from '@/lib/emotionService';
import { useLeaveWarning } from '@/lib/useLeaveWarning';
import { analyseFile } from '../lib/analyseFile';
import type { BaselineSource } from '../lib/baselineSource';
import { openAnalysis } from '../lib/openAnalysis';
import { hasEnded, isUnderWay, newUpload, uploadsReducer, type Upload } from '../lib/uploads';
import { voicesAsked, type VoiceChoice } from '../lib/voices';

export interface UploadsControl {
  uploads: Upload[];
  /** Recordings are analysed; exported analyses are opened. */
  add: (files: File[]) => void;
  /** Removes a file from the queue, or aborts its request. */
  cancel: (id: string) => void;
  cancelAll: () => void;
  retry: (id: string) => void;
  /** Takes a file from the list. */
  remove: (id: string) => void;
  /** Takes the finished files from the list. */
  clear: () => void;
}

interface UploadsOptions {
  service: Pick<EmotionService, 'analyze'>;
  /** What answers is not ready yet. */
  isPending: boolean;
  model: Model | undefined;
  baselines: BaselineStore;
  baselineSource: BaselineSource;
  voices: VoiceChoice;
}

/** Analyses files one at a time, in the order they were added. */
export function useUploads(options: UploadsOptions): UploadsControl {
  const { service, isPending, model, baselines, baselineSource, voices } = options;
  const [uploads, dispatch] = useReducer(uploadsReducer, []);
  const request = useRef<{ id: string; controller: AbortController }>(null);

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
      voices: voicesAsked(voices),
    };
    void analyseFile(file, asked, (state) => {
      if (!controller.signal.aborted) dispatch({ type: 'changed', id, state });
    });
  }, [uploads, service, isPending, model, baselines, baselineSource, voices]);

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
    const added = files.map(newUpload);
    dispatch({ type: 'added', uploads: added });
    for (const { id, file, kind } of added) {
      if (kind !== 'analysis') continue;
      void openAnalysis(file).then((state) => {
        dispatch({ type: 'changed', id, state });
      });
    }
  }, []);

  const abort = useCallback((id: string) => {
    if (request.current?.id === id) request.current.controller.abort();
  }, []);

  const cancel = useCallback(
    (id: string) => {
      abort(id);
      dispatch({ type: 'cancelled', id });
    },
    [abort],
  );

  const cancelAll = useCallback(() => {
    request.current?.controller.abort();
    dispatch({ type: 'all_cancelled' });
  }, []);

  const retry = useCallback((id: string) => {
    dispatch({ type: 'changed', id, state: { phase: 'waiting' } });
  }, []);

  const remove = useCallback(
    (id: string) => {
      abort(id);
      dispatch({ type: 'removed', id });
    },
    [abort],
  );

  const clear = useCallback(() => {
    dispatch({ type: 'cleared' });
  }, []);

  return { uploads, add, cancel, cancelAll, retry, remove, clear };
}
