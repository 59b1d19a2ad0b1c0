import { render, screen } from '@testing-library/react';
import { expect, it } from 'vitest';
import { happy, sad, sessionOf } from '@/test/fixtures';
import { EmotionOverTime } from './EmotionOverTime';

function renderChart(session = sessionOf(happy, null, happy, sad)) {
  return render(<EmotionOverTime session={session} emotions={['Happy', 'Sad']} />);
}

function drawn() {
  const ribbon = screen.getByTestId('emotion-ribbon');
  return [...ribbon.querySelectorAll('[data-emotion]')].map((run) => run.getAttribute('data-emotion'));
}

it('draws a lane per emotion, and each result as it arrives', () => {
  const { rerender } = renderChart(sessionOf(happy));
  expect(drawn()).toEqual(['Happy']);
  rerender(<EmotionOverTime session={sessionOf(happy, sad)} emotions={['Happy', 'Sad']} />);
  expect(drawn()).toEqual(['Happy', 'Sad']);
  expect(screen.getByTestId('emotion-lanes').querySelectorAll('svg')).toHaveLength(2);
});

it('leaves a gap where there was no speech', () => {
  renderChart();
  expect(drawn()).toEqual(['Happy', 'Happy', 'Sad']);
});

it('says in words what it shows', () => {
  renderChart();
  expect(screen.getByRole('img')).toHaveAccessibleName(/3 results; most often Happy, 2 times/);
});

it('says what of it is uncertain', () => {
  renderChart(sessionOf(happy, { ...sad, low_information: true }));
  expect(screen.getByRole('img')).toHaveAccessibleName(/2 results, 1 of them uncertain;/);
  expect(screen.getByText('Uncertain')).toBeVisible();
});

it('says so when there is nothing to show', () => {
  renderChart(sessionOf(null));
  expect(screen.getByRole('img')).toHaveAccessibleName('No results yet.');
});
