import { Dialog } from '@/components/Dialog';
import { t, type MessageId } from '@/lib/i18n';
import styles from './ShortcutsDialog.module.css';

const shortcuts: [string[], MessageId][] = [
  [['shell.keySpace'], 'shell.shortcutListen'],
  [['←', '→'], 'shell.shortcutResults'],
  [['Esc'], 'shell.shortcutNow'],
  [['?'], 'shell.shortcutHelp'],
];

/** What the keys do. */
export function ShortcutsDialog({ onClose }: { onClose: () => void }) {
  return (
    <Dialog
      title={t('shell.shortcuts')}
      testId="shortcuts"
      onCancel={onClose}
      actions={
        <button type="button" className="btn ser-button" onClick={onClose}>
          {t('common.close')}
        </button>
      }
    >
      <dl className={styles.list}>
        {shortcuts.map(([keys, words]) => (
          <div key={words}>
            <dt>
              {keys.map((key) => (
                <kbd key={key}>{key === 'shell.keySpace' ? t(key) : key}</kbd>
              ))}
            </dt>
            <dd>{t(words)}</dd>
          </div>
        ))}
      </dl>
    </Dialog>
  );
}
