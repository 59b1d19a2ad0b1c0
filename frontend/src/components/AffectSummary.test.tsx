import { render, screen } from '@testing-library/react';
import { expect, it } from 'vitest';
import { AffectSummary } from './AffectSummary';

const angry = { sentiment: 'negative', valence: -0.4382, arousal: 0.5705 } as const;

it('shows the sentiment in a word, both numbers, and what they are derived from', () => {
  render(<AffectSummary {...angry} isUncertain={false} source="probabilities" />);
  expect(screen.getByTestId('sentiment')).toHaveTextContent(/^negative$/);
  const summary = screen.getByTestId('affect');
  expect(summary).toHaveTextContent('Valence \u22120.44');
  expect(summary).toHaveTextContent('Arousal +0.57');
  expect(summary).toHaveTextContent('Derived from the probabilities, not measured.');
  expect(screen.getByRole('img', { name: /unpleasant, excited$/ })).toBeInTheDocument();
});

it('is a guess where the emotion is one', () => {
  render(<AffectSummary {...angry} isUncertain source="mean probabilities" />);
  expect(screen.getByTestId('sentiment')).toHaveTextContent(/^maybe negative$/);
  expect(screen.getByTestId('affect')).toHaveAttribute('data-uncertain', 'true');
  expect(screen.getByRole('img', { name: /uncertain$/ })).toBeInTheDocument();
  expect(screen.getByText(/Derived from the mean probabilities/)).toBeInTheDocument();
});
