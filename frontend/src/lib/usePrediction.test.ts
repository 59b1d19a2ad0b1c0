import { act, renderHook, waitFor } from '@testing-library/react';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { audioFile, happy, sad } from '../test/fixtures';
import type { Prediction } from './apiSchemas';
import { apiService, type PredictOptions } from './apiService';
import { ProblemError } from './problem';
import { usePrediction } from './usePrediction';

interface PendingRequest extends PredictOptions {
  answer: (prediction: Prediction) => void;
  refuse: (error: Error) => void;
}

let requests: PendingRequest[] = [];

function request(index: number): PendingRequest {
  const found = requests[index];
  if (!found) throw new Error(`There is no request ${index}.`);
  return found;
}

beforeEach(() => {
  requests = [];
  vi.spyOn(apiService, 'predict').mockImplementation(
    (_clip, options) =>
      new Promise((answer, refuse) => {
        requests.push({ ...options, answer, refuse });
      }),
  );
});

function start() {
  const { result, unmount } = renderHook(() => usePrediction());
  const analyse = (name: string) => {
    act(() => {
      result.current.analyse(audioFile(name));
    });
  };
  return { result, analyse, unmount };
}

describe('usePrediction', () => {
  it('goes from idle over uploading and analysing to done', async () => {
    const { result, analyse } = start();
    expect(result.current.state).toEqual({ phase: 'idle' });

    analyse('a.wav');
    act(() => {
      request(0).onUploadProgress(0.5);
    });
    expect(result.current.state).toEqual({ phase: 'uploading', clipName: 'a.wav', progress: 0.5 });

    act(() => {
      request(0).onUploadProgress(1);
    });
    expect(result.current.state).toEqual({ phase: 'analysing', clipName: 'a.wav' });

    request(0).answer(happy);
    await waitFor(() => {
      expect(result.current.state).toEqual({ phase: 'done', clipName: 'a.wav', prediction: happy });
    });
  });

  it('aborts an older request and never shows its answer', async () => {
    const { result, analyse } = start();
    analyse('old.wav');
    analyse('new.wav');
    expect(request(0).signal.aborted).toBe(true);
    expect(request(1).signal.aborted).toBe(false);

    await act(async () => {
      request(1).answer(sad);
      await Promise.resolve();
      request(0).onUploadProgress(1);
      request(0).answer(happy);
      await Promise.resolve();
    });
    expect(result.current.state).toEqual({ phase: 'done', clipName: 'new.wav', prediction: sad });
  });

  it('is idle again after a reset, whatever the aborted request still says', async () => {
    const { result, analyse } = start();
    analyse('a.wav');
    await act(async () => {
      result.current.reset();
      request(0).refuse(new Error('canceled'));
      await Promise.resolve();
    });
    expect(request(0).signal.aborted).toBe(true);
    expect(result.current.state).toEqual({ phase: 'idle' });
  });

  it.each([
    ['no_speech', 'no_speech'],
    ['decode_failed', 'failed'],
  ])('turns %s into the phase %s', async (code, phase) => {
    const problem = { code, title: 'A sentence', remedy: 'A remedy' };
    const { result, analyse } = start();
    analyse('a.wav');
    request(0).refuse(new ProblemError(problem));
    await waitFor(() => {
      expect(result.current.state).toEqual({ phase, problem });
    });
  });

  it('gives up a request when a problem is reported from elsewhere', () => {
    const problem = { code: 'several_files', title: 'One at a time', remedy: 'Drop one' };
    const { result, analyse } = start();
    analyse('a.wav');
    act(() => {
      result.current.fail(problem);
    });
    expect(request(0).signal.aborted).toBe(true);
    expect(result.current.state).toEqual({ phase: 'failed', problem });
  });

  it('aborts the request when the page goes', () => {
    const { analyse, unmount } = start();
    analyse('a.wav');
    unmount();
    expect(request(0).signal.aborted).toBe(true);
  });
});
