import { useEffect, useState } from 'react';
import { applyTheme, storedTheme, storeTheme, themes, type Theme } from '@/lib/theme';
import styles from './ThemeSwitch.module.css';

const labels: Record<Theme, { label: string; icon: string }> = {
  auto: { label: 'Auto', icon: '◐' },
  light: { label: 'Light', icon: '☀' },
  dark: { label: 'Dark', icon: '☾' },
};

export function ThemeSwitch() {
  const [theme, setTheme] = useState(storedTheme);
  useEffect(() => applyTheme(theme), [theme]);

  return (
    <fieldset className={styles.switch}>
      <legend className="visually-hidden">Colour theme</legend>
      {themes.map((option) => (
        <label key={option} className={styles.option} title={labels[option].label}>
          <input
            type="radio"
            name="theme"
            className="visually-hidden"
            checked={option === theme}
            data-testid={`theme-${option}`}
            onChange={() => {
              storeTheme(option);
              setTheme(option);
            }}
          />
          <span aria-hidden="true">{labels[option].icon}</span>
          <span className="visually-hidden">{labels[option].label}</span>
        </label>
      ))}
    </fieldset>
  );
}
