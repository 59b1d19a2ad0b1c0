import { emotionName } from '@/lib/i18n';
import { durationOf, timelineOf, type Upload, type UploadState } from './uploads';

export const sortOrders = ['added', 'name', 'length', 'emotion', 'state'] as const;

export type SortOrder = (typeof sortOrders)[number];

/** What needs attention comes first. */
const phases: UploadState['phase'][] = [
  'failed',
  'cancelled',
  'analysing',
  'sending',
  'pausing',
  'opening',
  'waiting',
  'no_speech',
  'done',
];

type Compare = (one: Upload, other: Upload) => number;

function byName(one: Upload, other: Upload): number {
  return one.file.name.localeCompare(other.file.name, undefined, { numeric: true });
}

/** Files without an emotion come last. */
function emotionKey(upload: Upload): string {
  const timeline = timelineOf(upload);
  return timeline ? emotionName(timeline.emotion) : '\uFFFF';
}

const compares: Record<Exclude<SortOrder, 'added'>, Compare> = {
  name: byName,
  length: (one, other) => (durationOf(other) ?? -1) - (durationOf(one) ?? -1),
  emotion: (one, other) =>
    emotionKey(one).localeCompare(emotionKey(other)) ||
    (timelineOf(other)?.confidence ?? 0) - (timelineOf(one)?.confidence ?? 0),
  state: (one, other) => phases.indexOf(one.state.phase) - phases.indexOf(other.state.phase),
};

/** Files in the order that the user chose; equal ones stay as they were added. */
export function sortUploads(uploads: Upload[], order: SortOrder): Upload[] {
  return order === 'added' ? uploads : uploads.toSorted(compares[order]);
}
