import type { ReactNode } from 'react';
import { Dialog } from './Dialog';

interface ModalDialogProps {
  title: string;
  confirmLabel: string;
  cancelLabel: string;
  testId: string;
  onConfirm: () => void;
  onCancel: () => void;
  children: ReactNode;
}

/** A dialog that asks a question, open while it is rendered. */
export function ModalDialog(props: ModalDialogProps) {
  const { title, confirmLabel, cancelLabel, testId, onConfirm, onCancel, children } = props;
  return (
    <Dialog
      title={title}
      testId={testId}
      onCancel={onCancel}
      actions={
        <>
          <button type="button" className="btn ser-button" onClick={onCancel}>
            {cancelLabel}
          </button>
          <button type="button" className="btn ser-button-primary" onClick={onConfirm}>
            {confirmLabel}
          </button>
        </>
      }
    >
      {children}
    </Dialog>
  );
}
