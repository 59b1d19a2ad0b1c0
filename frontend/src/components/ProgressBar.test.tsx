import { render, screen } from '@testing-library/react';
import { expect, it } from 'vitest';
import { ProgressBar } from './ProgressBar';

it.each([
  [0.424, '42'],
  [1, '100'],
])('shows the progress: %d', (progress, percent) => {
  render(<ProgressBar label="Upload" progress={progress} />);
  expect(screen.getByRole('progressbar', { name: 'Upload' })).toHaveAttribute(
    'aria-valuenow',
    percent,
  );
});

it('claims nothing where nobody knows', () => {
  render(<ProgressBar label="Analysis" progress={undefined} />);
  expect(screen.getByRole('progressbar')).not.toHaveAttribute('aria-valuenow');
});
