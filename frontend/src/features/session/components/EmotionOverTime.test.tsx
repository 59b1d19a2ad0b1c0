import { render, screen } from '@testing-library/react';
import { expect, it } from 'vitest';
import { happy, sad, sessionOf } from '@/test/fixtures';
import type { Session } from '../lib/session';
import { emotionResults } from '../lib/sessionViews';
import { EmotionOverTime } from './EmotionOverTime';

function chart(session: Session) {
  return <EmotionOverTime results={emotionResults(session)} leastS={30} emotions={['Happy', 'Sad']} />;
}

function renderChart(session = sessionOf(happy, null, happy, sad)) {
  return render(chart(session));
}

function drawn() {
  const ribbon = screen.getByTestId('emotion-ribbon');
  return [...ribbon.querySelectorAll('[data-emotion]')].map((run) => run.getAttribute('data-emotion'));
}

it('draws a lane per emotion, and each result as it arrives', () => {
  const { rerender } = renderChart(sessionOf(happy));
  expect(drawn()).toEqual(['Happy']);
  rerender(chart(sessionOf(happy, sad)));
  expect(drawn()).toEqual(['Happy', 'Sad']);
  expect(screen.getByTestId('emotion-lanes').querySelectorAll('svg')).toHaveLength(2);
});

it('leaves a gap where there was no speech', () => {
  renderChart();
  expect(drawn()).toEqual(['Happy', 'Happy', 'Sad']);
});

it('marks the chosen result', () => {
  const results = emotionResults(sessionOf(happy, null, sad));
  render(<EmotionOverTime results={results} leastS={30} emotions={['Happy', 'Sad']} selected={results[1]} />);
  for (const part of ['emotion-ribbon', 'emotion-lanes']) {
    expect(screen.getByTestId(part).lastElementChild).toHaveStyle({ left: '25%' });
  }
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

it('names no emotion where all is uncertain', () => {
  renderChart(sessionOf({ ...sad, low_information: true }));
  expect(screen.getByRole('img')).toHaveAccessibleName(/1 result, 1 of them uncertain; none of them certain\./);
});

it('says so when there is nothing to show', () => {
  renderChart(sessionOf(null));
  expect(screen.getByRole('img')).toHaveAccessibleName('No results yet.');
});
