import { fireEvent, render, screen } from '@testing-library/react';
import { expect, it, vi } from 'vitest';
import { ModalDialog } from './ModalDialog';

it('opens over the page, and the Escape key is an answer too', () => {
  const onCancel = vi.fn();
  render(
    <ModalDialog
      title="Sure?"
      confirmLabel="Yes"
      cancelLabel="No"
      testId="question"
      onConfirm={vi.fn()}
      onCancel={onCancel}
    >
      Think.
    </ModalDialog>,
  );
  const dialog = screen.getByRole('dialog', { name: 'Sure?' });
  expect(dialog).toHaveAttribute('open');
  fireEvent(dialog, new Event('cancel'));
  expect(onCancel).toHaveBeenCalledOnce();
});
