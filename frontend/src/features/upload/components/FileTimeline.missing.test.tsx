import { render, screen } from '@testing-library/react';
import { expect, it, vi } from 'vitest';
import { audioFile } from '@/test/fixtures';
import { FileTimeline } from './FileTimeline';

vi.mock('../lib/filePlayer', () => {
  throw new Error('Failed to fetch dynamically imported module');
});

it('says so when the player cannot be loaded', async () => {
  render(
    <FileTimeline file={audioFile()} emotions={[]} windows={[]} durationS={null} segments={[]} />,
  );
  expect(await screen.findByText(/cannot play the file/)).toBeInTheDocument();
});
