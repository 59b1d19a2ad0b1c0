import { useCallback, useEffect, useState } from 'react';
import * as z from 'zod/mini';
import type { Model } from '../apiSchemas';
import { apiService } from '../apiService';
import type { Device } from './openDevice';
import type { EmotionService } from '../emotionService';
import { ProblemError, problemOf, toProblem, type Problem } from '../problem';
import { isStatic } from '../site';
import { useStored } from '../useStored';

export type DeviceState =
  | { phase: 'off' }
  /** In bytes; how many in all is not always known. */
  | { phase: 'loading'; loaded: number; total: number | undefined }
  /** `isKept`: it can be opened again without a network. */
  | { phase: 'ready'; isKept: boolean }
  | { phase: 'failed'; problem: Problem };

export interface DeviceControl {
  state: DeviceState;
  isOn: boolean;
  /** There is no server, so it cannot be turned off. */
  isFixed: boolean;
  turn: (isOn: boolean) => void;
  /** Loads the model again. */
  retry: () => void;
  /** The device where it is on, and never the server then. */
  service: EmotionService;
}

const starting: DeviceState = { phase: 'loading', loaded: 0, total: undefined };

const notReady = problemOf('device_not_ready', 'device_not_ready');

function unavailable(): Promise<never> {
  return Promise.reject(new ProblemError(notReady));
}

const nobody: EmotionService = { predict: unavailable, baseline: unavailable, analyze: unavailable };

interface Opened {
  /** The model that it was opened for. */
  name: string;
  state: DeviceState;
  device?: Device;
}

/**
 * Answers in this browser instead of on the server, where the user wants that.
 *
 * @param loadParts - loads with the model what the page would load later: the server may be gone by then.
 */
export function useDevice(model: Model | undefined, loadParts: () => Promise<unknown>): DeviceControl {
  const [isChosen, turn] = useStored('ser.onDevice', z.boolean(), false);
  const isOn = isStatic || isChosen;
  const [opened, setOpened] = useState<Opened>();
  const [attempt, setAttempt] = useState(0);
  const name = model?.name;

  useEffect(() => {
    if (!isOn || name === undefined) return undefined;
    const controller = new AbortController();
    const { signal } = controller;
    let device: Device | undefined;
    const show = (state: DeviceState) => {
      if (!signal.aborted) setOpened({ name, state, ...(device && { device }) });
    };
    const fail = (error: unknown) => {
      device = undefined;
      show({ phase: 'failed', problem: toProblem(error) });
    };
    // The device does not need them.
    const parts = loadParts().catch(() => undefined);
    // Most visitors never turn it on.
    const opening = import('./openDevice').then(({ openDevice }) => {
      signal.throwIfAborted();
      return openDevice(name, {
        signal,
        onProgress: (loaded, total) => {
          show({ phase: 'loading', loaded, total });
        },
        onFailure: fail,
      });
    });
    Promise.all([opening, parts]).then(async ([ready]) => {
      device = ready;
      show({ phase: 'ready', isKept: false });
      const isKept = await ready.keep();
      // It may have failed since.
      if (isKept && device === ready) show({ phase: 'ready', isKept });
    }, fail);
    return () => {
      controller.abort();
      setOpened(undefined);
    };
  }, [isOn, name, attempt, loadParts]);

  const retry = useCallback(() => {
    setAttempt((count) => count + 1);
  }, []);
  const hasFailed = opened?.state.phase === 'failed';
  useEffect(() => {
    if (!hasFailed) return undefined;
    window.addEventListener('online', retry);
    return () => {
      window.removeEventListener('online', retry);
    };
  }, [hasFailed, retry]);

  const current = opened?.name === name ? opened : undefined;
  const state: DeviceState = isOn ? (current?.state ?? starting) : { phase: 'off' };
  return {
    state,
    isOn,
    isFixed: isStatic,
    turn,
    retry,
    service: isOn ? (current?.device ?? nobody) : apiService,
  };
}
