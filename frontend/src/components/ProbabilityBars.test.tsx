import { render, screen, within } from '@testing-library/react';
import { expect, it } from 'vitest';
import { happy } from '@/test/fixtures';
import { ProbabilityBars } from './ProbabilityBars';

it('shows one bar per emotion in the given order', () => {
  render(<ProbabilityBars probabilities={happy.probabilities} />);
  const rows = within(screen.getByRole('list', { name: 'Probabilities' })).getAllByRole('listitem');
  expect(rows.map((row) => row.textContent)).toEqual([
    'Angry5%',
    'Happy84%',
    'Sad6%',
    'Disgust5%',
  ]);
});

it('draws each bar as long as its probability', () => {
  const { container } = render(<ProbabilityBars probabilities={{ Calm: 0.25, Bored: 0.75 }} />);
  const bars = container.querySelectorAll<HTMLElement>('[aria-hidden] > span');
  expect([...bars].map((bar) => bar.style.transform)).toEqual(['translateX(-75%)', 'translateX(-25%)']);
  expect(screen.getByTestId('probability-Bored')).toHaveTextContent('75%');
});
