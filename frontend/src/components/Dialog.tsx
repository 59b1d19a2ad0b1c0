import { useId, type ReactNode } from 'react';
import styles from './Dialog.module.css';
import { useModal } from './useModal';

interface DialogProps {
  title: string;
  testId: string;
  onCancel: () => void;
  /** The buttons below the content. */
  actions: ReactNode;
  children: ReactNode;
}

/** A modal dialog, open while it is rendered. */
export function Dialog({ title, testId, onCancel, actions, children }: DialogProps) {
  const dialog = useModal();
  const titleId = useId();

  return (
    <dialog
      ref={dialog}
      className={styles.dialog}
      aria-labelledby={titleId}
      data-testid={testId}
      onCancel={(event) => {
        event.preventDefault();
        onCancel();
      }}
    >
      <h2 className="h5 mb-3" id={titleId}>
        {title}
      </h2>
      {children}
      <div className={styles.actions}>{actions}</div>
    </dialog>
  );
}
