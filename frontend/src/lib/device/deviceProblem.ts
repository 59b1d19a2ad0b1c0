import { Problem as PackageProblem } from 'ser-web/problem';
import { ProblemError, type Problem } from '../problem';
import { isStatic } from '../site';

/** What a user can do where the device fails. */
const WAY_OUT = isStatic ? 'Use another browser or device.' : 'Use the server instead.';

const texts = new Map<string, Pick<Problem, 'title' | 'remedy'>>([
  ['no_speech', { title: 'No speech detected', remedy: 'Say a sentence, close to the microphone.' }],
  ['too_short', { title: 'Too short', remedy: 'Speak for a second or longer, then try again.' }],
  ['decode_failed', { title: 'This browser cannot read the recording', remedy: `Try again. ${WAY_OUT}` }],
  ['bad_baseline', { title: 'The baseline cannot be read', remedy: 'Learn your voice again.' }],
  [
    'baseline_too_short',
    { title: 'Too little speech was found', remedy: 'Read the whole time, close to the microphone.' },
  ],
]);

export function deviceProblem(text: string): Problem {
  // No code of the server: nothing would be better after a while.
  return { code: 'device_failed', title: 'This device cannot answer', remedy: `${text} ${WAY_OUT}` };
}

export function tooLongProblem(limitMinutes: number): Problem {
  return {
    code: 'too_long',
    title: 'Too long for this device',
    remedy: `A browser holds a decoded recording in memory: at most ${limitMinutes} minutes. ${WAY_OUT}`,
  };
}

/** The problem of a model in this browser; the server is the way out of all that no user can mend. */
export function toDeviceProblem({ code, text }: { code: string; text: string }): Problem {
  const known = texts.get(code);
  return known ? { code, ...known } : deviceProblem(text);
}

/** An error of the package in words for the user; others stay as they are. */
export function toDeviceError(error: unknown): unknown {
  if (!(error instanceof PackageProblem)) return error;
  return new ProblemError(toDeviceProblem({ code: error.code, text: error.message }), { cause: error });
}
