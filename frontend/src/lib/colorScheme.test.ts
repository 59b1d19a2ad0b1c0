import { expect, it, vi } from 'vitest';
import { followSystemColorScheme } from './colorScheme';

it('sets the theme from the system and follows its changes', () => {
  const query = Object.assign(new EventTarget(), { matches: true });
  vi.stubGlobal('matchMedia', () => query);
  followSystemColorScheme();
  expect(document.documentElement.dataset.bsTheme).toBe('dark');

  query.matches = false;
  query.dispatchEvent(new Event('change'));
  expect(document.documentElement.dataset.bsTheme).toBe('light');
});
