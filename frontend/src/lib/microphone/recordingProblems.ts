import { ProblemError, type Problem } from '@/lib/problem';

const OR_UPLOAD_A_FILE = 'or upload a file instead.';

export function insecurePageProblem({
  hostname,
  port,
}: Pick<Location, 'hostname' | 'port'>): Problem {
  const localPort = port ? `:${port}` : '';
  return {
    code: 'insecure_page',
    title: 'The microphone needs a secure page',
    remedy:
      'Browsers allow recording only over https or on localhost. ' +
      `Open https://${hostname} or, on the computer that runs the server, http://localhost${localPort}, ` +
      OR_UPLOAD_A_FILE,
  };
}

export const recordingUnsupportedProblem: Problem = {
  code: 'recording_unsupported',
  title: 'This browser cannot record',
  remedy: `Use a current version of your browser, ${OR_UPLOAD_A_FILE}`,
};

const recordingFailedProblem: Problem = {
  code: 'recording_failed',
  title: 'The recording failed',
  remedy: `Check the microphone and try again, ${OR_UPLOAD_A_FILE}`,
};

export const microphoneLostProblem: Problem = {
  code: 'microphone_lost',
  title: 'The microphone was disconnected',
  remedy: 'Plug it in again or allow it once more, then start listening.',
};

export const microphoneStalledProblem: Problem = {
  code: 'microphone_stalled',
  title: 'The microphone delivers no audio',
  remedy: 'Check that no other program or call uses it, then start listening again.',
};

const permissionDeniedProblem: Problem = {
  code: 'permission_denied',
  title: 'The microphone is blocked',
  remedy:
    'Allow the microphone for this page in the browser’s site settings (the icon left of the address) ' +
    `and try again, ${OR_UPLOAD_A_FILE}`,
};

const noMicrophoneProblem: Problem = {
  code: 'no_microphone',
  title: 'No microphone was found',
  remedy: `Plug one in or switch it on and try again, ${OR_UPLOAD_A_FILE}`,
};

const microphoneBusyProblem: Problem = {
  code: 'microphone_busy',
  title: 'The microphone could not be opened',
  remedy: `Close other programs that use it and try again, ${OR_UPLOAD_A_FILE}`,
};

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
