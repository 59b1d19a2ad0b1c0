import { ProblemError } from '../../../lib/problem';
import { microphoneStalledProblem } from './recordingProblems';

const PATIENCE_MS = 3000;

/**
 * Resumes a context that the system interrupts, as for a phone call, and tells when it does not
 * come back. Calls the watch off when the returned function is called.
 */
export function keepRunning(
  context: AudioContext,
  onStuck: (error: ProblemError) => void,
): () => void {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const check = () => {
    clearTimeout(timer);
    if (context.state === 'running' || context.state === 'closed') return;
    timer = setTimeout(() => {
      onStuck(new ProblemError(microphoneStalledProblem));
    }, PATIENCE_MS);
    // While the system holds the audio this rejects; then the timer speaks.
    context.resume().catch(() => undefined);
  };
  context.addEventListener('statechange', check);
  check();
  return () => {
    clearTimeout(timer);
    context.removeEventListener('statechange', check);
  };
}
