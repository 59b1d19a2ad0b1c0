import { useEffect, useState } from 'react';
import MoonIcon from '~icons/lucide/moon';
import SunIcon from '~icons/lucide/sun';
import SunMoonIcon from '~icons/lucide/sun-moon';
import { applyTheme, storedTheme, storeTheme, themes, type Theme } from '@/lib/theme';
import { t, type MessageId } from '@/lib/i18n';
import type { Icon } from '@/lib/notice';
import styles from './ThemeSwitch.module.css';

const labels: Record<Theme, { label: MessageId; icon: Icon }> = {
  auto: { label: 'common.themeAuto', icon: SunMoonIcon },
  light: { label: 'common.themeLight', icon: SunIcon },
  dark: { label: 'common.themeDark', icon: MoonIcon },
};

export function ThemeSwitch() {
  const [theme, setTheme] = useState(storedTheme);
  useEffect(() => applyTheme(theme), [theme]);

  return (
    <fieldset className={styles.switch}>
      <legend className="visually-hidden">{t('common.theme')}</legend>
      {themes.map((option) => {
        const { label, icon: Symbol } = labels[option];
        return (
          <label key={option} className={styles.option} title={t(label)}>
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
            <Symbol aria-hidden="true" />
            <span className="visually-hidden">{t(label)}</span>
          </label>
        );
      })}
    </fieldset>
  );
}
