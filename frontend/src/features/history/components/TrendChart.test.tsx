import { render, screen } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { expect, it, vi } from 'vitest';
import type { SessionEntry } from '../lib/entry';
import { trendOf } from '../lib/trend';
import { TrendChart } from './TrendChart';

const noon = new Date(2026, 2, 18, 12).getTime();
const startOf = (day: number) => new Date(2026, 2, day).getTime();

function session(day: number, secondsOf: Record<string, number>, uncertainS: number): SessionEntry {
  const tallies = [{ dayMs: startOf(day), model: 'm', secondsOf, uncertainS }];
  return { startedAtMs: startOf(day), durationS: 99, resultCount: 9, uncertainCount: 1, tallies };
}

const entries = [
  session(16, { Happy: 3, Sad: 6 }, 3),
  session(16, { Happy: 12, Sad: 0 }, 6),
  session(18, { Happy: 3, Sad: 0 }, 9),
];

function renderChart(chosenMs?: number) {
  const onChoose = vi.fn();
  const tallies = entries.flatMap((entry) => entry.tallies);
  const days = trendOf(tallies, 'm', noon, 4);
  render(<TrendChart days={days} entries={entries} chosenMs={chosenMs} onChoose={onChoose} />);
  return onChoose;
}

it('has a button for each day, which says what was heard on it', () => {
  renderChart();
  expect(screen.getAllByRole('button').map((day) => day.getAttribute('aria-label'))).toEqual([
    '15 Mar 2026: no sessions',
    '16 Mar 2026: 2 sessions, 30.0 s with results, mostly Happy (50%)',
    '17 Mar 2026: no sessions',
    '18 Mar 2026: 1 session, 12.0 s with results, mostly Uncertain (75%)',
  ]);
});

it('chooses a day, and all days again', async () => {
  const onChoose = renderChart(startOf(18));
  const [, monday, , wednesday] = screen.getAllByRole('button');
  if (!monday || !wednesday) throw new Error('There are four days.');
  expect(wednesday).toHaveAttribute('aria-pressed', 'true');
  expect(monday).toHaveAttribute('aria-pressed', 'false');
  await userEvent.click(monday);
  expect(onChoose).toHaveBeenLastCalledWith(startOf(16));
  await userEvent.click(wednesday);
  expect(onChoose).toHaveBeenLastCalledWith(undefined);
});

it('is one stop of the Tab key: arrow keys move between the days', async () => {
  const onChoose = renderChart();
  const days = screen.getAllByRole('button');
  await userEvent.tab();
  expect(days[3]).toHaveFocus();
  await userEvent.keyboard('{ArrowLeft}{ArrowLeft}');
  expect(days[1]).toHaveFocus();
  await userEvent.keyboard('{Enter}');
  expect(onChoose).toHaveBeenCalledExactlyOnceWith(startOf(16));
  await userEvent.keyboard('{Home}{ArrowLeft}');
  expect(days[0]).toHaveFocus();
  await userEvent.tab();
  expect(document.body).toHaveFocus();
});
