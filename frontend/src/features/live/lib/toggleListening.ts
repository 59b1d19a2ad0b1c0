import type { Consent } from '@/features/voice/hooks/useConsent';
import type { Listening } from '../hooks/useListening';

/** Start listening, once there is consent, or else stop. */
export function toggleListening({ phase, start, stop }: Listening, consent: Consent) {
  if (phase === 'idle') consent.ask(start);
  else stop();
}
