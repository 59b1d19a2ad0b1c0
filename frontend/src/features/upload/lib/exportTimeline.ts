import type { Timeline } from '@/lib/timelineSchemas';
import { writers, type TimelineFormat } from './timelineFormats';

export type ExportFormat = 'json' | TimelineFormat;

interface ExportKind {
  format: ExportFormat;
  /** The name shown on the button. */
  label: string;
  extension: string;
  mimeType: string;
}

export const exportKinds: ExportKind[] = [
  { format: 'json', label: 'JSON', extension: 'json', mimeType: 'application/json' },
  { format: 'csv', label: 'CSV', extension: 'csv', mimeType: 'text/csv' },
  { format: 'vtt', label: 'WebVTT', extension: 'vtt', mimeType: 'text/vtt' },
  { format: 'audacity', label: 'Audacity', extension: 'txt', mimeType: 'text/plain' },
  { format: 'textgrid', label: 'Praat', extension: 'TextGrid', mimeType: 'text/plain' },
  { format: 'rttm', label: 'RTTM', extension: 'rttm', mimeType: 'text/plain' },
];

/** The name of the recording with another extension. */
export function exportName(fileName: string, extension: string): string {
  return `${fileName.replace(/\.[^.]*$/, '')}.${extension}`;
}

export function exportText(timeline: Timeline, format: ExportFormat): string {
  return format === 'json' ? `${JSON.stringify(timeline, null, 2)}\n` : writers[format](timeline);
}
