/** Keeps Bootstrap's theme equal to the system's setting, now and when it changes. */
export function followSystemColorScheme(): void {
  const prefersDark = window.matchMedia('(prefers-color-scheme: dark)');
  const apply = () => {
    document.documentElement.dataset.bsTheme = prefersDark.matches ? 'dark' : 'light';
  };
  apply();
  prefersDark.addEventListener('change', apply);
}
