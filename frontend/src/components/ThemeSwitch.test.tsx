import { render, screen } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { stubMatchMedia } from '@/test/stubMatchMedia';
import { ThemeSwitch } from './ThemeSwitch';

beforeEach(() => {
  stubMatchMedia();
});

afterEach(() => {
  localStorage.clear();
});

it('starts with the system, and keeps what is chosen', async () => {
  const { unmount } = render(<ThemeSwitch />);
  expect(screen.getByRole('radio', { name: 'Auto' })).toBeChecked();
  expect(document.documentElement.dataset.bsTheme).toBe('light');

  await userEvent.click(screen.getByRole('radio', { name: 'Dark' }));
  expect(document.documentElement.dataset.bsTheme).toBe('dark');
  unmount();

  render(<ThemeSwitch />);
  expect(screen.getByRole('radio', { name: 'Dark' })).toBeChecked();
});
