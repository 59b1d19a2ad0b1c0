import { render, screen } from '@testing-library/react';
import { expect, it } from 'vitest';
import { EmotionCard } from './EmotionCard';

it('shows face, name and confidence', () => {
  render(<EmotionCard emotion="Happy" confidence={0.8423} />);
  expect(screen.getByTestId('emotion-name')).toHaveTextContent(/^Happy$/);
  expect(screen.getByTestId('emotion-confidence')).toHaveTextContent(/^84%$/);
  const face = document.querySelector('[data-face="smiling"]');
  expect(face).toHaveAttribute('aria-hidden', 'true');
});

it('shows an emotion it does not know under its own name', () => {
  render(<EmotionCard emotion="Bored" confidence={0.4} />);
  expect(screen.getByTestId('emotion-name')).toHaveTextContent('Bored');
});

it('says in words when the estimate is uncertain, and still shows the guess', () => {
  const { rerender } = render(<EmotionCard emotion="Sad" confidence={0.4} isUncertain />);
  const card = screen.getByTestId('emotion-card');
  expect(card).toHaveTextContent(/Uncertain ?maybe Sad, ?40% confidence/);
  expect(card).toHaveAttribute('data-uncertain', 'true');
  expect(screen.getByTestId('emotion-name')).toHaveTextContent(/^Sad$/);
  rerender(<EmotionCard emotion="Sad" confidence={0.4} />);
  expect(card).not.toHaveTextContent('Uncertain');
});
