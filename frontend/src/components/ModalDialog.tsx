import { useId, useLayoutEffect, useRef, type ReactNode } from 'react';
import styles from './ModalDialog.module.css';

interface ModalDialogProps {
  title: string;
  confirmLabel: string;
  cancelLabel: string;
  testId: string;
  onConfirm: () => void;
  onCancel: () => void;
  children: ReactNode;
}

/** Asks a question over the page, for as long as it is rendered. */
export function ModalDialog(props: ModalDialogProps) {
  const { title, confirmLabel, cancelLabel, testId, onConfirm, onCancel, children } = props;
  const dialog = useRef<HTMLDialogElement>(null);
  const titleId = useId();

  // Before the dialog leaves the page, or closing could not give the focus back.
  useLayoutEffect(() => {
    const element = dialog.current;
    element?.showModal();
    return () => element?.close();
  }, []);

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
      <div className={styles.actions}>
        <button type="button" className="btn ser-button" onClick={onCancel}>
          {cancelLabel}
        </button>
        <button type="button" className="btn ser-button-primary" onClick={onConfirm}>
          {confirmLabel}
        </button>
      </div>
    </dialog>
  );
}
