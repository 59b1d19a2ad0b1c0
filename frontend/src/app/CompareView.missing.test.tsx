import { render, screen } from '@testing-library/react';
import { expect, it, vi } from 'vitest';
import { CompareView } from './CompareView';

vi.mock('@/features/comparison/components/ComparisonView', () => {
  throw new Error('Failed to fetch dynamically imported module');
});

it('says so when the comparison cannot be loaded', async () => {
  render(<CompareView />);
  expect(await screen.findByText(/could not be loaded/)).toBeInTheDocument();
});
