import { ModalDialog } from '@/components/ModalDialog';

interface ConsentDialogProps {
  /** This browser answers, and not the server. */
  isOnDevice: boolean;
  onAgree: () => void;
  onDecline: () => void;
}

export function ConsentDialog({ isOnDevice, onAgree, onDecline }: ConsentDialogProps) {
  return (
    <ModalDialog
      title="Before the microphone opens"
      confirmLabel="Agree and start"
      cancelLabel="Not now"
      testId="consent-dialog"
      onConfirm={onAgree}
      onCancel={onDecline}
    >
      <ul className="ps-3 mb-0">
        <li className="mb-2">
          {isOnDevice
            ? 'This browser answers by itself: while you listen, your voice does not leave this page.'
            : `While you listen, audio is sent to this server (${window.location.host}): every 3 seconds or, with streaming on, continuously. The server does not store it.`}
        </li>
        <li className="mb-2">
          An emotion is an estimate from the sound of a voice, not a fact about a person. It can be
          wrong.
        </li>
        <li>Ask other people in the room first. You can stop at any time.</li>
      </ul>
      <p className="text-body-secondary small mt-3 mb-0">
        This browser remembers your consent.
      </p>
    </ModalDialog>
  );
}
