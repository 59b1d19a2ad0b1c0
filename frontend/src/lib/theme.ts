import * as z from 'zod/mini';
import { readStored, removeStored, writeStored } from './storage';

const THEME_KEY = 'ser.theme';
const themeSchema = z.enum(['auto', 'light', 'dark']);

/** `auto` follows the system. */
export type Theme = z.infer<typeof themeSchema>;

export const themes = themeSchema.options;

const DARK_QUERY = '(prefers-color-scheme: dark)';

export function storedTheme(): Theme {
  return readStored(THEME_KEY, themeSchema) ?? 'auto';
}

export function storeTheme(theme: Theme): void {
  if (theme === 'auto') removeStored(THEME_KEY);
  else writeStored(THEME_KEY, theme);
}

/** Without transitions: text is unreadable half-way between two themes. */
function changeAtOnce(change: () => void): void {
  const root = document.documentElement;
  root.classList.add('ser-no-transitions');
  change();
  // Reading a style applies the change before transitions are on again.
  getComputedStyle(root).getPropertyValue('color');
  root.classList.remove('ser-no-transitions');
}

/** Sets Bootstrap's theme. `auto` follows the system until the returned function is called. */
export function applyTheme(theme: Theme): () => void {
  const system = window.matchMedia(DARK_QUERY);
  const apply = () => {
    const isDark = theme === 'auto' ? system.matches : theme === 'dark';
    changeAtOnce(() => {
      document.documentElement.dataset.bsTheme = isDark ? 'dark' : 'light';
    });
  };
  apply();
  system.addEventListener('change', apply);
  return () => {
    system.removeEventListener('change', apply);
  };
}
