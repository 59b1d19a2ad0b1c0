import type { ReactNode } from 'react';
import BackIcon from '~icons/lucide/arrow-left';
import styles from './Sheet.module.css';
import { useModal } from './useModal';

interface SheetProps {
  label: string;
  /** Of the button that closes it. */
  backLabel: string;
  testId: string;
  onClose: () => void;
  children: ReactNode;
}

/** A modal sheet over the whole screen of a phone, open while it is rendered. */
export function Sheet({ label, backLabel, testId, onClose, children }: SheetProps) {
  const dialog = useModal();

  return (
    <dialog
      ref={dialog}
      className={styles.sheet}
      aria-label={label}
      data-testid={testId}
      onCancel={(event) => {
        event.preventDefault();
        onClose();
      }}
    >
      <button type="button" className={styles.back} data-testid="close-sheet" onClick={onClose}>
        <BackIcon aria-hidden="true" /> {backLabel}
      </button>
      {children}
    </dialog>
  );
}
