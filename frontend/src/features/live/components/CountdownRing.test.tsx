import { act, render } from '@testing-library/react';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { CountdownRing } from './CountdownRing';

beforeEach(() => {
  vi.useFakeTimers();
});

afterEach(() => {
  vi.useRealTimers();
});

function pass(durationMs: number) {
  act(() => {
    vi.advanceTimersByTime(durationMs);
  });
}

it('counts the seconds down and closes the ring', () => {
  const { container } = render(<CountdownRing durationMs={3000} />);
  const gap = () => Number(container.querySelector('circle')?.getAttribute('stroke-dashoffset'));
  const whole = gap();
  expect(container).toHaveTextContent(/^3$/);

  pass(1500);
  expect(container).toHaveTextContent(/^2$/);
  expect(gap()).toBeCloseTo(whole / 2);

  pass(1600);
  expect(container).toHaveTextContent(/^1$/);
  expect(gap()).toBe(0);
});

it('leaves no timer behind', () => {
  render(<CountdownRing durationMs={3000} />).unmount();
  expect(vi.getTimerCount()).toBe(0);
});
