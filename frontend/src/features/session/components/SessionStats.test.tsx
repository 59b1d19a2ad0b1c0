import { act, render, screen } from '@testing-library/react';
import { afterEach, expect, it, vi } from 'vitest';
import { happy, sad, sessionOf } from '@/test/fixtures';
import { SessionStats } from './SessionStats';

afterEach(() => {
  vi.useRealTimers();
});

it('shows duration, counts and the distribution', () => {
  const session = { ...sessionOf(happy, { ...happy, low_information: true }, null, sad), skippedCount: 5 };
  render(<SessionStats session={session} emotions={['Happy', 'Sad', 'Bored']} />);
  expect(screen.getByTestId('session-duration')).toHaveTextContent('00:12');
  expect(screen.getByTestId('session-count')).toHaveTextContent(/^3$/);
  expect(screen.getByTestId('uncertain-count')).toHaveTextContent(/^1$/);
  expect(screen.getByTestId('no-speech-count')).toHaveTextContent(/^1$/);
  expect(screen.getByTestId('skipped-count')).toHaveTextContent(/^5$/);
  expect(screen.getByTestId('share-Happy')).toHaveTextContent('2 (67%)');
  expect(screen.getByTestId('share-Sad')).toHaveTextContent('1 (33%)');
  expect(screen.getByTestId('share-Bored')).toHaveTextContent('0 (0%)');
});

it('counts the seconds while it listens', () => {
  vi.useFakeTimers();
  const run = { startedAtMs: Date.now(), offsetS: 58, endedAtMs: null };
  render(<SessionStats session={{ ...sessionOf(), run }} emotions={[]} />);
  expect(screen.getByTestId('session-duration')).toHaveTextContent('00:58');
  act(() => {
    vi.advanceTimersByTime(3000);
  });
  expect(screen.getByTestId('session-duration')).toHaveTextContent('01:01');
});
