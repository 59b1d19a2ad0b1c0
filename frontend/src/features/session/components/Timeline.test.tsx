import { fireEvent, render, screen } from '@testing-library/react';
import { expect, it, vi } from 'vitest';
import { emotionResults } from '../lib/sessionViews';
import { happy, sad, sessionOf } from '@/test/fixtures';
import { Timeline } from './Timeline';

it('shows the newest on top, each with its time and confidence', () => {
  const results = emotionResults(sessionOf(happy, null, { ...sad, low_information: true }));
  render(<Timeline results={results} selectedId={undefined} onSelect={vi.fn()} />);
  const rows = screen.getAllByTestId('timeline-entry');
  expect(rows.map((row) => row.textContent)).toEqual([
    expect.stringMatching(/^\d\d:45:09Sad, Uncertain64%$/),
    expect.stringMatching(/^\d\d:45:03Happy84%$/),
  ]);
});

it('can be scrolled by keyboard', () => {
  render(
    <Timeline
      results={emotionResults(sessionOf(happy))}
      selectedId={undefined}
      onSelect={vi.fn()}
    />,
  );
  expect(screen.getByRole('group', { name: /newest first/ })).toHaveAttribute('tabindex', '0');
});

it('says what will come', () => {
  render(<Timeline results={[]} selectedId={undefined} onSelect={vi.fn()} />);
  expect(screen.getByText(/appear here/)).toBeInTheDocument();
});

it('lets a result be chosen, and taken back', () => {
  const results = emotionResults(sessionOf(happy, sad));
  const onSelect = vi.fn();
  const { rerender } = render(
    <Timeline results={results} selectedId={undefined} onSelect={onSelect} />,
  );
  const [, oldest] = screen.getAllByRole('button', { pressed: false });
  if (!oldest) throw new Error('There are two results.');
  fireEvent.click(oldest);
  expect(onSelect).toHaveBeenLastCalledWith(results[0]?.id);
  rerender(<Timeline results={results} selectedId={results[0]?.id} onSelect={onSelect} />);
  fireEvent.click(screen.getByRole('button', { pressed: true }));
  expect(onSelect).toHaveBeenLastCalledWith(undefined);
});
