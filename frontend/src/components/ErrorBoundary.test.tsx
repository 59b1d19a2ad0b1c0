import { render, screen } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { expect, it, vi } from 'vitest';
import { ErrorBoundary } from './ErrorBoundary';

function Broken(): never {
  throw new RangeError('Invalid time value');
}

it('offers a way out when the page cannot be shown', async () => {
  vi.spyOn(console, 'error').mockImplementation(vi.fn());
  const onStartOver = vi.fn();
  render(
    <ErrorBoundary onStartOver={onStartOver}>
      <Broken />
    </ErrorBoundary>,
  );
  expect(screen.getByRole('alert')).toHaveTextContent('The page could not be shown');
  await userEvent.click(screen.getByRole('button', { name: 'Delete the stored session' }));
  expect(onStartOver).toHaveBeenCalledOnce();
});

it('is not seen otherwise', () => {
  render(<ErrorBoundary onStartOver={vi.fn()}>Fine</ErrorBoundary>);
  expect(screen.getByText('Fine')).toBeInTheDocument();
});
