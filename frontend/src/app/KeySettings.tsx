import KeyIcon from '~icons/lucide/key-round';
import { accessKey, useAccess } from '@/lib/accessKey';
import { t } from '@/lib/i18n';
import styles from './SettingsDrawer.module.css';

/** Forgets the server's key, or asks for it, where the server wants one. */
export function KeySettings() {
  const { hasKey, isNeeded } = useAccess();
  if (!hasKey && !isNeeded) return null;
  return (
    <div className={styles.key}>
      <p>{t(hasKey ? 'key.kept' : 'key.missing')}</p>
      <button
        type="button"
        className="btn btn-sm ser-button"
        data-testid={hasKey ? 'forget-key' : 'enter-key'}
        onClick={() => {
          if (hasKey) accessKey.forget();
          else accessKey.ask();
        }}
      >
        <KeyIcon aria-hidden="true" /> {t(hasKey ? 'key.forget' : 'key.enter')}
      </button>
    </div>
  );
}
