import { render, screen } from '@testing-library/react';
import { expect, it, vi } from 'vitest';
import { audioFile } from '../../../test/fixtures';
import { FileWaveform } from './FileWaveform';

vi.mock('../lib/filePlayer', () => {
  throw new Error('Failed to fetch dynamically imported module');
});

it('says so when the player cannot be loaded', async () => {
  render(<FileWaveform file={audioFile()} />);
  expect(await screen.findByText(/cannot play the file/)).toBeInTheDocument();
});
