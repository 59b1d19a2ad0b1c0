import { renderHook } from '@testing-library/react';
import { expect, it } from 'vitest';
import { useLeaveWarning } from './useLeaveWarning';

function isWarnedOnLeaving(): boolean {
  const leaving = new Event('beforeunload', { cancelable: true });
  window.dispatchEvent(leaving);
  return leaving.defaultPrevented;
}

it('warns only while it is needed', () => {
  const { rerender, unmount } = renderHook(useLeaveWarning, { initialProps: false });
  expect(isWarnedOnLeaving()).toBe(false);
  rerender(true);
  expect(isWarnedOnLeaving()).toBe(true);
  unmount();
  expect(isWarnedOnLeaving()).toBe(false);
});
