import type { Problem } from '@/lib/problem';
import type { SpeechTimeline, Timeline } from '@/lib/timelineSchemas';
import type { Analysis } from './analysis';
import type { BaselineSource } from './baselineSource';

/** What a finished analysis was asked to compare with; unknown of an opened export. */
interface Asked {
  baselineSource?: BaselineSource;
}

export type UploadState =
  | { phase: 'waiting' }
  /** An exported analysis is read. */
  | { phase: 'opening' }
  | { phase: 'sending'; progress: number }
  | { phase: 'analysing'; analysis: Analysis }
  | { phase: 'pausing'; problem: Problem }
  | { phase: 'done'; timeline: SpeechTimeline; asked: Asked }
  | { phase: 'no_speech'; timeline: Timeline }
  | { phase: 'failed'; problem: Problem }
  | { phase: 'cancelled' };

export interface Upload {
  /** Of this file only, for ever: the page's address may name it. */
  id: string;
  file: File;
  /** An export of an analysis has no sound. */
  kind: 'recording' | 'analysis';
  state: UploadState;
  /** Order of the outcomes, from 1; 0 without an outcome. */
  outcomeNumber: number;
}

export type UploadsAction =
  | { type: 'added'; uploads: Upload[] }
  | { type: 'changed'; id: string; state: UploadState }
  | { type: 'cancelled'; id: string }
  | { type: 'all_cancelled' }
  | { type: 'removed'; id: string }
  /** What is under way has to begin again. */
  | { type: 'restarted' }
  | { type: 'cleared' };

function newId(): string {
  // `randomUUID` is missing on http.
  return [...crypto.getRandomValues(new Uint32Array(2))].map((part) => part.toString(36)).join('');
}

function isExport({ name, type }: File): boolean {
  return type === 'application/json' || name.toLowerCase().endsWith('.json');
}

export function newUpload(file: File): Upload {
  const kind = isExport(file) ? 'analysis' : 'recording';
  const phase = kind === 'analysis' ? 'opening' : 'waiting';
  return { id: newId(), file, kind, state: { phase }, outcomeNumber: 0 };
}

const endPhases = new Set<UploadState['phase']>(['done', 'no_speech', 'failed', 'cancelled']);

export function hasEnded({ state }: Upload): boolean {
  return endPhases.has(state.phase);
}

/** Whether it is sent or analysed now. */
export function isUnderWay(upload: Upload): boolean {
  const { phase } = upload.state;
  return !hasEnded(upload) && phase !== 'waiting' && phase !== 'opening';
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
  'not_stereo',
  'bad_analysis',
]);

export function canRetry({ state }: Upload): boolean {
  if (state.phase === 'failed') return !permanentProblems.has(state.problem.code);
  return state.phase === 'cancelled';
}

/** Whether there is sound to play; what was refused as no recording has none. */
export function isPlayable(upload: Upload): boolean {
  if (upload.kind === 'analysis') return false;
  return upload.state.phase !== 'failed' || canRetry(upload);
}

/** The analysis of a finished file with speech. */
export function timelineOf({ state }: Upload): SpeechTimeline | undefined {
  return state.phase === 'done' ? state.timeline : undefined;
}

/** How long the file is; undefined while nobody knows. */
export function durationOf({ state }: Upload): number | undefined {
  switch (state.phase) {
    case 'done':
    case 'no_speech':
      return state.timeline.duration_s;
    case 'analysing':
      return state.analysis.durationS ?? undefined;
    default:
      return undefined;
  }
}

function latestNumber(uploads: Upload[]): number {
  return Math.max(0, ...uploads.map(({ outcomeNumber }) => outcomeNumber));
}

/** The file with the newest outcome. */
export function latestWithOutcome(uploads: Upload[]): Upload | undefined {
  const latest = latestNumber(uploads);
  return uploads.find(({ outcomeNumber }) => outcomeNumber > 0 && outcomeNumber === latest);
}

function changed(uploads: Upload[], id: string, state: UploadState): Upload[] {
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
    case 'added':
      return [...uploads, ...action.uploads];
    case 'changed':
      return changed(uploads, action.id, action.state);
    case 'cancelled':
      return uploads.map((upload) =>
        upload.id === action.id && !hasEnded(upload) ? { ...upload, state: cancelled } : upload,
      );
    case 'all_cancelled':
      return uploads.map((upload) => (hasEnded(upload) ? upload : { ...upload, state: cancelled }));
    case 'removed':
      return uploads.filter(({ id }) => id !== action.id);
    case 'restarted':
      return uploads.map((upload) =>
        isUnderWay(upload) ? { ...upload, state: { phase: 'waiting' } } : upload,
      );
    case 'cleared':
      return uploads.filter((upload) => !hasEnded(upload));
  }
}
