import { fireEvent, render, screen } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
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

it('is one stop of the Tab key, and gone through with arrows', async () => {
  const onSelect = vi.fn();
  const results = emotionResults(sessionOf(happy, sad, happy));
  render(<Timeline results={results} selectedId={undefined} onSelect={onSelect} />);
  const rows = screen.getAllByTestId('timeline-entry');
  expect(rows.map(({ tabIndex }) => tabIndex)).toEqual([0, -1, -1]);
  await userEvent.tab();
  expect(rows[0]).toHaveFocus();
  await userEvent.keyboard('{ArrowDown}');
  expect(rows[1]).toHaveFocus();
  expect(onSelect).toHaveBeenLastCalledWith(results[1]?.id);
  await userEvent.keyboard('{ArrowUp}{ArrowUp}');
  expect(rows[0]).toHaveFocus();
  expect(onSelect).toHaveBeenLastCalledWith(results[2]?.id);
});

it('shows the last of very many', () => {
  const results = emotionResults(sessionOf(...Array.from({ length: 203 }, () => happy)));
  render(<Timeline results={results} selectedId={undefined} onSelect={vi.fn()} />);
  expect(screen.getAllByTestId('timeline-entry')).toHaveLength(200);
  expect(screen.getByText('3 earlier results are in the exports.')).toBeInTheDocument();
});

it('can be scrolled by keyboard before there is a result', () => {
  render(<Timeline results={[]} selectedId={undefined} onSelect={vi.fn()} />);
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
