import * as z from 'zod/mini';
import { readStored, removeStored, writeStored } from './storage';

const THEME_KEY = 'ser.theme';
const themeSchema = z.enum(['auto', 'light', 'dark']);

/** `auto` is what the system is set to. */
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

/** Without transitions: half-way between two themes, text can't be read. */
function changeAtOnce(change: () => void): void {
  const root = document.documentElement;
  root.classList.add('ser-no-transitions');
  change();
  // Reading a style makes the browser apply the change before transitions are back.
  getComputedStyle(root).getPropertyValue('color');
  root.classList.remove('ser-no-transitions');
}

/** Sets Bootstrap's theme and, for `auto`, follows the system until the returned call. */
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
