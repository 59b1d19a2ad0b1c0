import { afterEach, expect, it, vi } from 'vitest';
import { applyTheme, storedTheme, storeTheme } from './theme';

function stubSystem(matches: boolean) {
  const system = Object.assign(new EventTarget(), { matches });
  vi.stubGlobal('matchMedia', () => system);
  return system;
}

function shown() {
  return document.documentElement.dataset.bsTheme;
}

afterEach(() => {
  localStorage.clear();
});

it('follows the system until it is stopped', () => {
  const system = stubSystem(true);
  const stop = applyTheme('auto');
  expect(shown()).toBe('dark');

  system.matches = false;
  system.dispatchEvent(new Event('change'));
  expect(shown()).toBe('light');

  stop();
  system.matches = true;
  system.dispatchEvent(new Event('change'));
  expect(shown()).toBe('light');
});

it.each(['light', 'dark'] as const)('stays %s whatever the system says', (theme) => {
  const system = stubSystem(theme === 'light');
  applyTheme(theme);
  system.dispatchEvent(new Event('change'));
  expect(shown()).toBe(theme);
});

it('remembers a choice, and forgets it for the system', () => {
  expect(storedTheme()).toBe('auto');
  storeTheme('dark');
  expect(storedTheme()).toBe('dark');
  storeTheme('auto');
  expect(localStorage).toHaveLength(0);
});
