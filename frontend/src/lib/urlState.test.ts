import { act, renderHook } from '@testing-library/react';
import { afterEach, expect, it } from 'vitest';
import { useUrlValue } from './urlState';

afterEach(() => {
  window.history.replaceState(null, '', '/');
});

it('keeps a value in the address, and removes it', () => {
  window.history.replaceState(null, '', '/?other=1');
  const { result } = renderHook(() => useUrlValue('view'));
  expect(result.current[0]).toBeUndefined();
  act(() => {
    result.current[1]('upload');
  });
  expect(result.current[0]).toBe('upload');
  expect(window.location.search).toBe('?other=1&view=upload');
  act(() => {
    result.current[1](undefined);
  });
  expect(window.location.search).toBe('?other=1');
});

it('is the same for all who use it, and follows the browser', () => {
  const one = renderHook(() => useUrlValue('view', { hasHistory: true }));
  const other = renderHook(() => useUrlValue('view'));
  const before = window.history.length;
  act(() => {
    one.result.current[1]('models');
  });
  expect(other.result.current[0]).toBe('models');
  expect(window.history.length).toBe(before + 1);
  act(() => {
    window.history.replaceState(null, '', '/');
    window.dispatchEvent(new PopStateEvent('popstate'));
  });
  expect(one.result.current[0]).toBeUndefined();
});
