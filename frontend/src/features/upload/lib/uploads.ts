import type { Problem } from '@/lib/problem';
import type { SpeechTimeline, Timeline } from '@/lib/timelineSchemas';
import type { Analysis } from './analysis';

export type UploadState =
  | { phase: 'waiting' }
  | { phase: 'sending'; progress: number }
  | { phase: 'analysing'; analysis: Analysis }
  | { phase: 'pausing'; problem: Problem }
  | { phase: 'done'; timeline: SpeechTimeline }
  | { phase: 'no_speech'; timeline: Timeline }
  | { phase: 'failed'; problem: Problem }
  | { phase: 'cancelled' };

export interface Upload {
  id: number;
  file: File;
  state: UploadState;
  /** Order of the outcomes, from 1; 0 without an outcome. */
  outcomeNumber: number;
}

export type UploadsAction =
  | { type: 'added'; files: File[] }
  | { type: 'changed'; id: number; state: UploadState }
  | { type: 'cancelled'; id: number }
  | { type: 'all_cancelled' }
  /** What is under way has to begin again. */
  | { type: 'restarted' }
  | { type: 'cleared' };

const endPhases = new Set<UploadState['phase']>(['done', 'no_speech', 'failed', 'cancelled']);

export function hasEnded({ state }: Upload): boolean {
  return endPhases.has(state.phase);
}

/** Whether it is sent or analysed now. */
export function isUnderWay(upload: Upload): boolean {
  return !hasEnded(upload) && upload.state.phase !== 'waiting';
}

function hasOutcome(upload: Upload): boolean {
  return hasEnded(upload) && upload.state.phase !== 'cancelled';
}

/** Problems that the same file would cause again. */
const permanentProblems = new Set([
  'no_file',
  'invalid_request',
  'unsupported_format',
  'too_large',
  'too_long',
  'too_short',
  'decode_failed',
  'malformed_answer',
]);

export function canRetry({ state }: Upload): boolean {
  if (state.phase === 'failed') return !permanentProblems.has(state.problem.code);
  return state.phase === 'cancelled';
}

function latestNumber(uploads: Upload[]): number {
  return Math.max(0, ...uploads.map(({ outcomeNumber }) => outcomeNumber));
}

/** The file with the newest outcome. */
export function latestWithOutcome(uploads: Upload[]): Upload | undefined {
  const latest = latestNumber(uploads);
  return uploads.find(({ outcomeNumber }) => outcomeNumber > 0 && outcomeNumber === latest);
}

function changed(uploads: Upload[], id: number, state: UploadState): Upload[] {
  const next = latestNumber(uploads) + 1;
  return uploads.map((upload) => {
    if (upload.id !== id) return upload;
    const now = { ...upload, state };
    return { ...now, outcomeNumber: hasOutcome(now) ? next : 0 };
  });
}

const cancelled: UploadState = { phase: 'cancelled' };

export function uploadsReducer(uploads: Upload[], action: UploadsAction): Upload[] {
  switch (action.type) {
    case 'added': {
      const firstId = Math.max(0, ...uploads.map(({ id }) => id)) + 1;
      const added = action.files.map((file, i): Upload => ({
        id: firstId + i,
        file,
        state: { phase: 'waiting' },
        outcomeNumber: 0,
      }));
      return [...uploads, ...added];
    }
    case 'changed':
      return changed(uploads, action.id, action.state);
    case 'cancelled':
      return uploads.map((upload) =>
        upload.id === action.id && !hasEnded(upload) ? { ...upload, state: cancelled } : upload,
      );
    case 'all_cancelled':
      return uploads.map((upload) => (hasEnded(upload) ? upload : { ...upload, state: cancelled }));
    case 'restarted':
      return uploads.map((upload) =>
        isUnderWay(upload) ? { ...upload, state: { phase: 'waiting' } } : upload,
      );
    case 'cleared':
      return uploads.filter((upload) => !hasEnded(upload));
  }
}
