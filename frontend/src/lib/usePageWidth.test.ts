import { act, renderHook } from '@testing-library/react';
import { expect, it } from 'vitest';
import { stubPageWidth } from '@/test/stubPageWidth';
import { useIsPageAtLeast, WIDE_REM } from './usePageWidth';

it.each([
  [61, false],
  [62, true],
])('asks for room in the size of the text: %i rem', (rem, expected) => {
  stubPageWidth(rem);
  expect(renderHook(() => useIsPageAtLeast(WIDE_REM)).result.current).toBe(expected);
});

it('follows the window', () => {
  stubPageWidth(80);
  const { result } = renderHook(() => useIsPageAtLeast(WIDE_REM));
  expect(result.current).toBe(true);
  act(() => {
    stubPageWidth(40);
    window.dispatchEvent(new Event('resize'));
  });
  expect(result.current).toBe(false);
});
