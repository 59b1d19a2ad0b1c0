import { render, screen } from '@testing-library/react';
import { expect, it } from 'vitest';
import { emotionResults } from '../lib/sessionViews';
import { happy, sad, sessionOf } from '@/test/fixtures';
import { Timeline } from './Timeline';

it('shows the newest on top, each with its time and confidence', () => {
  const results = emotionResults(sessionOf(happy, null, { ...sad, low_information: true }));
  render(<Timeline results={results} />);
  const rows = screen.getAllByTestId('timeline-entry');
  expect(rows.map((row) => row.textContent)).toEqual([
    expect.stringMatching(/^\d\d:45:09Sad, Uncertain64%$/),
    expect.stringMatching(/^\d\d:45:03Happy84%$/),
  ]);
});

it('can be scrolled by keyboard', () => {
  render(<Timeline results={emotionResults(sessionOf(happy))} />);
  expect(screen.getByRole('group', { name: /newest first/ })).toHaveAttribute('tabindex', '0');
});

it('says what will come', () => {
  render(<Timeline results={[]} />);
  expect(screen.getByText(/appear here/)).toBeInTheDocument();
});
