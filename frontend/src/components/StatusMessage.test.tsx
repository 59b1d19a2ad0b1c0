import { render, screen } from '@testing-library/react';
import { expect, it } from 'vitest';
import { StatusMessage } from './StatusMessage';

it('shows title and detail, and hides the emoji from screen readers', () => {
  render(<StatusMessage emoji="⚠️" title="It failed" detail="Try again." />);
  expect(screen.getByText('It failed')).toBeInTheDocument();
  expect(screen.getByText('Try again.')).toBeInTheDocument();
  expect(screen.getByText('⚠️')).toHaveAttribute('aria-hidden', 'true');
});
