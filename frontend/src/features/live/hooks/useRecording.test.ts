import { act, renderHook, waitFor } from '@testing-library/react';
import { beforeEach, expect, it, vi } from 'vitest';
import { audioFile } from '../../../test/fixtures';
import { recordClip, type RecordClipOptions } from '../lib/recordClip';
import { useRecording } from './useRecording';

vi.mock('../lib/recordClip');

interface PendingRecording extends RecordClipOptions {
  deliver: (clip: File) => void;
  fail: (error: Error) => void;
}

let pending: PendingRecording | undefined;

function pendingRecording(): PendingRecording {
  if (!pending) throw new Error('Nothing is being recorded.');
  return pending;
}

beforeEach(() => {
  pending = undefined;
  vi.mocked(recordClip).mockImplementation(
    (options) =>
      new Promise((deliver, fail) => {
        pending = { ...options, deliver, fail };
      }),
  );
});

function startRecording() {
  const handlers = { onClip: vi.fn(), onProblem: vi.fn() };
  const hook = renderHook(() => useRecording(handlers));
  act(() => {
    hook.result.current.start();
  });
  return { ...hook, ...handlers };
}

it('asks, records, and hands over the clip', async () => {
  const { result, onClip } = startRecording();
  expect(result.current.phase).toBe('asking');

  act(() => {
    pendingRecording().onRecording();
  });
  expect(result.current.phase).toBe('recording');

  const clip = audioFile();
  pendingRecording().deliver(clip);
  await waitFor(() => {
    expect(result.current.phase).toBe('idle');
  });
  expect(onClip).toHaveBeenCalledExactlyOnceWith(clip);
});

it('reports a denied permission', async () => {
  const { result, onProblem } = startRecording();
  pendingRecording().fail(new DOMException('', 'NotAllowedError'));
  await waitFor(() => {
    expect(result.current.phase).toBe('idle');
  });
  expect(onProblem).toHaveBeenCalledExactlyOnceWith(
    expect.objectContaining({ code: 'permission_denied' }),
  );
});

it('says nothing more once it is cancelled', async () => {
  const { result, onClip, onProblem } = startRecording();
  await act(async () => {
    result.current.cancel();
    pendingRecording().deliver(audioFile());
    await Promise.resolve();
  });
  expect(pendingRecording().signal.aborted).toBe(true);
  expect(result.current.phase).toBe('idle');
  expect(onClip).not.toHaveBeenCalled();
  expect(onProblem).not.toHaveBeenCalled();
});

it('is cancelled when the page goes', () => {
  startRecording().unmount();
  expect(pendingRecording().signal.aborted).toBe(true);
});
