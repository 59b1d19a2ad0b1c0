import { fireEvent, render, screen } from '@testing-library/react';
import { expect, it, vi } from 'vitest';
import { apiService } from '@/lib/apiService';
import { stubAudioContext, stubMediaDevices } from '@/test/fakeMedia';
import { model } from '@/test/fixtures';
import { stubMatchMedia } from '@/test/stubMatchMedia';
import { Dashboard } from './Dashboard';

vi.mock('./ModelsView', () => {
  throw new Error('Failed to fetch dynamically imported module');
});

it('says so when the view of the models cannot be loaded', async () => {
  stubMatchMedia();
  stubAudioContext();
  stubMediaDevices(() => Promise.reject(new Error('none')));
  vi.spyOn(apiService, 'models').mockResolvedValue({ default: model.name, models: [model] });
  render(<Dashboard />);
  fireEvent.click(screen.getByRole('tab', { name: 'Models' }));
  expect(await screen.findByText(/could not be loaded/)).toBeVisible();
});
