import { ProblemError, problemOf, type Problem } from '@/lib/problem';

export function insecurePageProblem({
  hostname,
  port,
}: Pick<Location, 'hostname' | 'port'>): Problem {
  return problemOf('insecure_page', 'insecure_page', {
    host: hostname,
    port: port ? `:${port}` : '',
  });
}

export const recordingUnsupportedProblem = problemOf(
  'recording_unsupported',
  'recording_unsupported',
);
const recordingFailedProblem = problemOf('recording_failed', 'recording_failed');
export const microphoneLostProblem = problemOf('microphone_lost', 'microphone_lost');
export const microphoneStalledProblem = problemOf('microphone_stalled', 'microphone_stalled');
const permissionDeniedProblem = problemOf('permission_denied', 'permission_denied');
const noMicrophoneProblem = problemOf('no_microphone', 'no_microphone');
const microphoneBusyProblem = problemOf('microphone_busy', 'microphone_busy');

const problemsByErrorName = new Map([
  ['NotAllowedError', permissionDeniedProblem],
  ['SecurityError', permissionDeniedProblem],
  ['NotFoundError', noMicrophoneProblem],
  ['OverconstrainedError', noMicrophoneProblem],
  ['NotReadableError', microphoneBusyProblem],
  ['AbortError', microphoneBusyProblem],
]);

/** Turns an error of `getUserMedia` or of the recorder into a Problem. */
export function toRecordingProblem(error: unknown): Problem {
  if (error instanceof ProblemError) return error.problem;
  const name = error instanceof Error || error instanceof DOMException ? error.name : '';
  return problemsByErrorName.get(name) ?? recordingFailedProblem;
}
