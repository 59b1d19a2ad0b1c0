import type { ReactNode } from 'react';
import BackIcon from '~icons/lucide/arrow-left';
import { useModal } from '@/components/useModal';
import { t } from '@/lib/i18n';
import styles from './FileSheet.module.css';

interface FileSheetProps {
  label: string;
  onClose: () => void;
  children: ReactNode;
}

/** A file over the whole screen of a phone, open while it is rendered. */
export function FileSheet({ label, onClose, children }: FileSheetProps) {
  const dialog = useModal();

  return (
    <dialog
      ref={dialog}
      className={styles.sheet}
      aria-label={label}
      data-testid="file-sheet"
      onCancel={(event) => {
        event.preventDefault();
        onClose();
      }}
    >
      <button type="button" className={styles.back} data-testid="close-sheet" onClick={onClose}>
        <BackIcon aria-hidden="true" /> {t('upload.backToFiles')}
      </button>
      {children}
    </dialog>
  );
}
