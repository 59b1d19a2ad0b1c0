import { ProblemError } from '@/lib/problem';
import { microphoneStalledProblem } from './recordingProblems';

const RESUME_TIMEOUT_MS = 3000;

/**
 * Resumes a context that the system interrupts, as for a phone call, and reports when it does not
 * come back. The returned function ends this.
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
    }, RESUME_TIMEOUT_MS);
    // This rejects while the system holds the audio; then the timer reports it.
    context.resume().catch(() => undefined);
  };
  context.addEventListener('statechange', check);
  check();
  return () => {
    clearTimeout(timer);
    context.removeEventListener('statechange', check);
  };
}
