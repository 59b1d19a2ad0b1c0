import { describe, expect, it } from 'vitest';
import { insecurePageProblem, toRecordingProblem } from './recordingProblems';

describe('toRecordingProblem', () => {
  it.each([
    ['NotAllowedError', 'permission_denied'],
    ['SecurityError', 'permission_denied'],
    ['NotFoundError', 'no_microphone'],
    ['OverconstrainedError', 'no_microphone'],
    ['NotReadableError', 'microphone_busy'],
    ['AbortError', 'microphone_busy'],
    ['InvalidStateError', 'recording_failed'],
  ])('takes %s for %s', (name, code) => {
    expect(toRecordingProblem(new DOMException('', name)).code).toBe(code);
  });

  it('has words for whatever else was thrown', () => {
    expect(toRecordingProblem('a string').code).toBe('recording_failed');
  });
});

describe('insecurePageProblem', () => {
  it.each([
    ['http://192.168.1.7:5000/', 'https://192.168.1.7', 'http://localhost:5000,'],
    ['http://ser.local/', 'https://ser.local', 'http://localhost,'],
  ])('at %s names %s and %s', (page, secure, local) => {
    const { remedy } = insecurePageProblem(new URL(page));
    expect(remedy).toContain(secure);
    expect(remedy).toContain(local);
  });
});
