import { render, screen } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { expect, it, vi } from 'vitest';
import { UploadProgress } from './UploadProgress';

it('tells how much is sent', () => {
  render(<UploadProgress progress={0.424} onCancel={vi.fn()} />);
  expect(screen.getByRole('progressbar', { name: 'Upload' })).toHaveAttribute(
    'aria-valuenow',
    '42',
  );
});

it('can be cancelled', async () => {
  const onCancel = vi.fn();
  render(<UploadProgress progress={0} onCancel={onCancel} />);
  await userEvent.click(screen.getByRole('button', { name: 'Cancel' }));
  expect(onCancel).toHaveBeenCalledOnce();
});
