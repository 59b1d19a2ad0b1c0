import { render, screen } from '@testing-library/react';
import { expect, it } from 'vitest';
import { UploadProgress } from './UploadProgress';

it('tells how much is sent', () => {
  render(<UploadProgress progress={0.424} />);
  expect(screen.getByRole('progressbar', { name: 'Upload' })).toHaveAttribute(
    'aria-valuenow',
    '42',
  );
});
