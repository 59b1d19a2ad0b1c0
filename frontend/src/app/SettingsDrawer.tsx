import type { ReactNode } from 'react';
import KeyboardIcon from '~icons/lucide/keyboard';
import { Drawer } from '@/components/Drawer';
import { SwitchField } from '@/components/SwitchField';
import { ThemeSwitch } from '@/components/ThemeSwitch';
import { chooseLocale, locales, t, useLocale } from '@/lib/i18n';
import type { MicrophoneOptions } from '@/lib/microphone/microphone';
import { apiUrl, isStatic } from '@/lib/site';
import { KeySettings } from './KeySettings';
import styles from './SettingsDrawer.module.css';

const languageNames = { en: 'English', de: 'Deutsch' };

interface SettingsDrawerProps {
  isOpen: boolean;
  onClose: () => void;
  microphone: MicrophoneOptions;
  onMicrophone: (microphone: MicrophoneOptions) => void;
  /** On phones, what the bar of the microphone has no room for. */
  options: ReactNode;
  hasTheme: boolean;
  onShortcuts: () => void;
}

/** What is rarely changed. */
export function SettingsDrawer(props: SettingsDrawerProps) {
  const { isOpen, onClose, microphone, onMicrophone, options, hasTheme, onShortcuts } = props;
  const shown = useLocale();
  return (
    <Drawer title={t('shell.settings')} isOpen={isOpen} testId="settings" onClose={onClose}>
      {options}
      <SwitchField
        label={t('live.voiceProcessing')}
        hint={t('live.voiceProcessingHint')}
        isOn={microphone.voiceProcessing}
        testId="voice-processing-switch"
        onChange={(voiceProcessing) => {
          onMicrophone({ ...microphone, voiceProcessing });
        }}
      />
      <label className={styles.row}>
        {t('shell.language')}
        <select
          className="form-select form-select-sm"
          value={shown}
          data-testid="language-select"
          onChange={({ currentTarget }) => {
            const chosen = locales.find((each) => each === currentTarget.value);
            // The page stays in its language where the other one cannot be loaded.
            if (chosen) chooseLocale(chosen).catch(() => undefined);
          }}
        >
          {locales.map((each) => (
            <option key={each} value={each} lang={each}>
              {languageNames[each]}
            </option>
          ))}
        </select>
      </label>
      {hasTheme && (
        <div className={styles.row}>
          {t('shell.theme')}
          <ThemeSwitch />
        </div>
      )}
      <button
        type="button"
        className={`btn btn-sm ser-button ${styles.shortcuts}`}
        data-testid="open-shortcuts"
        onClick={onShortcuts}
      >
        <KeyboardIcon aria-hidden="true" /> {t('shell.shortcuts')}
      </button>
      <KeySettings />
      <div className={styles.about}>
        <p>{t('shell.estimate')}</p>
        <p>{t(isStatic ? 'shell.privacyStatic' : 'shell.privacy')}</p>
        {!isStatic && (
          <a href={`${apiUrl}/docs`} target="_blank" rel="noreferrer">
            {t('shell.apiDocs')}
          </a>
        )}
      </div>
    </Drawer>
  );
}
