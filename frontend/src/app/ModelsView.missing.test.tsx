import { render, screen } from '@testing-library/react';
import { expect, it, vi } from 'vitest';
import { ModelsView } from './ModelsView';

vi.mock('./ModelsPage', () => {
  throw new Error('Failed to fetch dynamically imported module');
});

it('says so when the view cannot be loaded', async () => {
  const ignore = () => undefined;
  render(<ModelsView state={{ phase: 'loading' }} reload={ignore} chosen={undefined} onPick={ignore} />);
  expect(await screen.findByText(/could not be loaded/)).toBeInTheDocument();
});
