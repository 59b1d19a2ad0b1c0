import { render, screen } from '@testing-library/react';
import TriangleAlert from '~icons/lucide/triangle-alert';
import { expect, it } from 'vitest';
import { StatusMessage } from './StatusMessage';

it('shows title and detail, and hides the icon from screen readers', () => {
  render(<StatusMessage icon={TriangleAlert} title="It failed" detail="Try again." />);
  expect(screen.getByText('It failed')).toBeInTheDocument();
  expect(screen.getByText('Try again.')).toBeInTheDocument();
  expect(document.querySelector('svg')?.parentElement).toHaveAttribute('aria-hidden', 'true');
});
