import { render, screen } from '@testing-library/react';
import { expect, it, vi } from 'vitest';
import { happy, sessionOf } from '@/test/fixtures';
import { EmotionOverTime } from './EmotionOverTime';

vi.mock('../lib/sessionChart', () => {
  throw new Error('Failed to fetch dynamically imported module');
});

it('says so when the chart cannot be loaded', async () => {
  render(<EmotionOverTime session={sessionOf(happy)} emotions={['Happy']} />);
  expect(await screen.findByText(/could not be loaded/)).toBeInTheDocument();
});
