import { useEffect, useId, useRef, type ReactNode } from 'react';
import XIcon from '~icons/lucide/x';
import { t } from '@/lib/i18n';
import styles from './Drawer.module.css';

interface DrawerProps {
  title: string;
  isOpen: boolean;
  testId: string;
  onClose: () => void;
  children: ReactNode;
}

/** A modal sheet at the side for what is rarely needed. What is in it keeps its state while it is closed. */
export function Drawer({ title, isOpen, testId, onClose, children }: DrawerProps) {
  const dialog = useRef<HTMLDialogElement>(null);
  const titleId = useId();

  useEffect(() => {
    const element = dialog.current;
    if (!element || element.open === isOpen) return;
    if (isOpen) element.showModal();
    else element.close();
  }, [isOpen]);

  return (
    // A click beside the sheet closes it; by keyboard, Escape and the button do.
    // eslint-disable-next-line jsx-a11y/no-noninteractive-element-interactions, jsx-a11y/click-events-have-key-events
    <dialog
      ref={dialog}
      className={styles.drawer}
      aria-labelledby={titleId}
      data-testid={testId}
      onClose={onClose}
      onClick={({ target, currentTarget }) => {
        if (target === currentTarget) onClose();
      }}
    >
      <div className={styles.content}>
        <div className={styles.heading}>
          <h2 className="h5" id={titleId}>
            {title}
          </h2>
          <button
            type="button"
            className={styles.close}
            aria-label={t('common.close')}
            onClick={onClose}
          >
            <XIcon aria-hidden="true" />
          </button>
        </div>
        {children}
      </div>
    </dialog>
  );
}
