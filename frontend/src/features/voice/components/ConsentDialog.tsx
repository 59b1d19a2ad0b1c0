import { ModalDialog } from '@/components/ModalDialog';
import { t } from '@/lib/i18n';
import { apiHost } from '@/lib/site';

interface ConsentDialogProps {
  /** This browser answers, and not the server. */
  isOnDevice: boolean;
  onAgree: () => void;
  onDecline: () => void;
}

export function ConsentDialog({ isOnDevice, onAgree, onDecline }: ConsentDialogProps) {
  return (
    <ModalDialog
      title={t('voice.consentTitle')}
      confirmLabel={t('voice.agree')}
      cancelLabel={t('voice.notNow')}
      testId="consent-dialog"
      onConfirm={onAgree}
      onCancel={onDecline}
    >
      <ul className="ps-3 mb-0">
        <li className="mb-2">
          {isOnDevice
            ? t('voice.consentOnDevice')
            : t('voice.consentServer', { host: apiHost })}
        </li>
        <li className="mb-2">{t('voice.consentEstimate')}</li>
        <li>{t('voice.consentOthers')}</li>
      </ul>
      <p className="text-body-secondary small mt-3 mb-0">{t('voice.consentKept')}</p>
    </ModalDialog>
  );
}
