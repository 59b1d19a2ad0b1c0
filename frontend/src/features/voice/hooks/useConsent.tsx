import { useState, type ReactNode } from 'react';
import * as z from 'zod/mini';
import { useStored } from '@/lib/useStored';
import { ConsentDialog } from '../components/ConsentDialog';

export interface Consent {
  /** Calls back at once where the user agreed before; else asks first. */
  ask: (onAgreed: () => void) => void;
  /** Whether audio may be sent to the server. */
  maySend: boolean;
  /** The question, while it is open. */
  dialog: ReactNode;
}

/** The user's consent to open the microphone: one for this device, another for the server. */
export function useConsent(isOnDevice: boolean): Consent {
  const [maySend, setMaySend] = useStored('ser.consent', z.boolean(), false);
  const [mayListen, setMayListen] = useStored('ser.consentOnDevice', z.boolean(), false);
  const [asking, setAsking] = useState<{ onAgreed: () => void }>();
  const hasConsent = maySend || (isOnDevice && mayListen);
  return {
    ask: (onAgreed) => {
      if (hasConsent) onAgreed();
      else setAsking({ onAgreed });
    },
    maySend,
    dialog: asking && (
      <ConsentDialog
        isOnDevice={isOnDevice}
        onAgree={() => {
          setAsking(undefined);
          if (isOnDevice) setMayListen(true);
          else setMaySend(true);
          asking.onAgreed();
        }}
        onDecline={() => {
          setAsking(undefined);
        }}
      />
    ),
  };
}
