import { act, render, screen } from '@testing-library/react';
import { beforeEach, expect, it, vi } from 'vitest';
import { happy, sad, sessionOf } from '@/test/fixtures';
import { drawSessionChart } from '../lib/sessionChart';
import { EmotionOverTime } from './EmotionOverTime';

vi.mock('../lib/sessionChart', () => ({ drawSessionChart: vi.fn() }));

const chart = { update: vi.fn(), destroy: vi.fn() };

beforeEach(() => {
  chart.update.mockReset();
  chart.destroy.mockReset();
  vi.mocked(drawSessionChart).mockReset().mockReturnValue(chart);
});

async function renderChart(session = sessionOf(happy, null, happy, sad)) {
  const view = render(<EmotionOverTime session={session} emotions={['Happy', 'Sad']} />);
  await act(() => vi.dynamicImportSettled());
  return view;
}

it('draws a lane per emotion, and each result as it arrives', async () => {
  const session = sessionOf(happy);
  const { rerender } = await renderChart(session);
  expect(drawSessionChart).toHaveBeenCalledExactlyOnceWith(expect.any(HTMLElement), [
    'Happy',
    'Sad',
  ]);
  expect(chart.update).toHaveBeenLastCalledWith(session.results);

  const longer = sessionOf(happy, sad);
  rerender(<EmotionOverTime session={longer} emotions={['Happy', 'Sad']} />);
  expect(chart.update).toHaveBeenLastCalledWith(longer.results);
  expect(drawSessionChart).toHaveBeenCalledOnce();
});

it('draws anew when the emotions change, and leaves nothing behind', async () => {
  const { rerender, unmount } = await renderChart();
  rerender(<EmotionOverTime session={sessionOf(happy)} emotions={['Happy', 'Sad', 'Calm']} />);
  await act(() => vi.dynamicImportSettled());
  expect(drawSessionChart).toHaveBeenCalledTimes(2);
  expect(chart.destroy).toHaveBeenCalledOnce();
  unmount();
  expect(chart.destroy).toHaveBeenCalledTimes(2);
});

it('says in words what it shows', async () => {
  await renderChart();
  expect(screen.getByRole('img')).toHaveAccessibleName(/3 predictions; most often Happy, 2 times/);
});

it('says what of it is uncertain', async () => {
  await renderChart(sessionOf(happy, { ...sad, low_information: true }));
  expect(screen.getByRole('img')).toHaveAccessibleName(/2 predictions, 1 of them uncertain;/);
  expect(screen.getByText('Uncertain')).toBeInTheDocument();
});

it('says so when there is nothing to show', async () => {
  await renderChart(sessionOf(null));
  expect(screen.getByRole('img')).toHaveAccessibleName('No results yet.');
});
