import type { Prediction } from '../../../lib/apiSchemas';
import type { Problem } from '../../../lib/problem';

export type UploadState =
  | { phase: 'waiting' }
  | { phase: 'sending'; progress: number }
  | { phase: 'analysing' }
  | { phase: 'pausing'; problem: Problem }
  | { phase: 'done'; prediction: Prediction }
  | { phase: 'no_speech'; problem: Problem }
  | { phase: 'failed'; problem: Problem }
  | { phase: 'cancelled' };

export interface Upload {
  id: number;
  file: File;
  state: UploadState;
}

export type UploadsAction =
  | { type: 'added'; files: File[] }
  | { type: 'changed'; id: number; state: UploadState }
  | { type: 'cancelled'; id: number }
  | { type: 'all_cancelled' }
  | { type: 'cleared' };

const endPhases = new Set<UploadState['phase']>(['done', 'no_speech', 'failed', 'cancelled']);

export function hasEnded({ state }: Upload): boolean {
  return endPhases.has(state.phase);
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
      }));
      return [...uploads, ...added];
    }
    case 'changed':
      return uploads.map((upload) =>
        upload.id === action.id ? { ...upload, state: action.state } : upload,
      );
    case 'cancelled':
      return uploads.map((upload) =>
        upload.id === action.id && !hasEnded(upload) ? { ...upload, state: cancelled } : upload,
      );
    case 'all_cancelled':
      return uploads.map((upload) => (hasEnded(upload) ? upload : { ...upload, state: cancelled }));
    case 'cleared':
      return uploads.filter((upload) => !hasEnded(upload));
  }
}
