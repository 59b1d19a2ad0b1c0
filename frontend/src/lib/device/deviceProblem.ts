import { Problem as PackageProblem } from 'ser-web/problem';
import { t } from '../i18n';
import { ProblemError, problemOf, type Problem } from '../problem';
import { isStatic } from '../site';

/** What a user can do where the device fails. */
function wayOut(): string {
  return t(isStatic ? 'device.useOther' : 'device.useServer');
}

const words = new Map([
  ['no_speech', 'device_no_speech'],
  ['too_short', 'device_too_short'],
  ['decode_failed', 'device_decode_failed'],
  ['bad_baseline', 'device_bad_baseline'],
  ['baseline_too_short', 'device_baseline_too_short'],
] as const);

export function deviceProblem(text: string): Problem {
  // No code of the server: nothing would be better after a while.
  return problemOf('device_failed', 'device_failed', { text, wayOut: wayOut() });
}

export function tooLongProblem(limitMinutes: number): Problem {
  return problemOf('too_long', 'device_too_long', { minutes: limitMinutes, wayOut: wayOut() });
}

/** The problem of a model in this browser; the server is the way out of all that no user can mend. */
export function toDeviceProblem({ code, text }: { code: string; text: string }): Problem {
  const known = [...words].find(([each]) => each === code)?.[1];
  return known ? problemOf(code, known, { wayOut: wayOut() }) : deviceProblem(text);
}

/** An error of the package in words for the user; others stay as they are. */
export function toDeviceError(error: unknown): unknown {
  if (!(error instanceof PackageProblem)) return error;
  return new ProblemError(toDeviceProblem({ code: error.code, text: error.message }), { cause: error });
}
