import { render, screen } from '@testing-library/react';
import { expect, it } from 'vitest';
import { EmotionCard } from './EmotionCard';

it('shows emoji, name and confidence', () => {
  render(<EmotionCard emotion="Happy" confidence={0.8423} />);
  expect(screen.getByTestId('emotion-name')).toHaveTextContent(/^Happy$/);
  expect(screen.getByTestId('emotion-confidence')).toHaveTextContent(/^84\.2%$/);
  expect(screen.getByText('😊')).toHaveAttribute('aria-hidden', 'true');
});

it('shows an emotion it does not know under its own name', () => {
  render(<EmotionCard emotion="Bored" confidence={0.4} />);
  expect(screen.getByTestId('emotion-name')).toHaveTextContent('Bored');
});

it('says when the estimate is uncertain', () => {
  const { rerender } = render(<EmotionCard emotion="Sad" confidence={0.4} isUncertain />);
  expect(screen.getByText('uncertain')).toBeInTheDocument();
  rerender(<EmotionCard emotion="Sad" confidence={0.4} />);
  expect(screen.queryByText('uncertain')).not.toBeInTheDocument();
});
