import { act, renderHook } from '@testing-library/react';
import { expect, it } from 'vitest';
import { fakeMonitor } from '@/test/fakeMonitor';
import { useSilence } from './useSilence';

it('notices two seconds of nothing at all, and the first sound after them', () => {
  const { monitor, emit } = fakeMonitor();
  const { result } = renderHook(() => useSilence(monitor));
  const hearFor = (peak: number, frames: number) => {
    act(() => {
      emit(peak, frames);
    });
  };
  hearFor(0, 39);
  expect(result.current).toBe(false);
  hearFor(0, 1);
  expect(result.current).toBe(true);
  hearFor(0.01, 1);
  expect(result.current).toBe(false);
});

it('takes the noise of a quiet room for a working microphone', () => {
  const { monitor, emit } = fakeMonitor();
  const { result } = renderHook(() => useSilence(monitor));
  act(() => {
    emit(0.0008, 100);
  });
  expect(result.current).toBe(false);
});

it('says nothing about a closed microphone', () => {
  const { monitor, emit } = fakeMonitor();
  const { result, rerender } = renderHook(({ open }) => useSilence(open ? monitor : null), {
    initialProps: { open: true },
  });
  act(() => {
    emit(0, 40);
  });
  rerender({ open: false });
  expect(result.current).toBe(false);
});
