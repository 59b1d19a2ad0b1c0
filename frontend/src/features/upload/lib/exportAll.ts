import { t } from '@/lib/i18n';
import { csvTable, toldOf } from './timelineFormats';
import { timelineOf, type Upload } from './uploads';

/** Without it, spreadsheets read UTF-8 as the system's code page. */
const BYTE_ORDER_MARK = '\uFEFF';

/** Spreadsheets run text that begins like a formula; a file's name may come from anybody. */
function disarm(text: string): string {
  return /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
}

/** One table of the segments of all files. */
export function allSegmentsCsv(uploads: Upload[]): string {
  const files = uploads.flatMap((upload) => {
    const timeline = timelineOf(upload);
    return timeline ? [{ name: upload.file.name, timeline }] : [];
  });
  const labels = [...new Set(files.flatMap(({ timeline }) => Object.keys(timeline.distribution)))];
  const segments = files.flatMap(({ timeline }) => timeline.segments);
  const told = toldOf(segments);
  const hasVoices = segments.some(({ voice }) => typeof voice === 'number');
  const rows = files.flatMap(({ name, timeline }) =>
    timeline.segments.map((segment) => [
      disarm(name),
      timeline.model,
      segment.start_s,
      segment.end_s,
      ...(hasVoices ? [segment.voice ?? ''] : []),
      disarm(segment.emotion),
      segment.confidence,
      segment.low_information ? 'yes' : 'no',
      ...labels.map((label) => segment.probabilities[label] ?? ''),
      ...told.map((name) => segment[name] ?? ''),
    ]),
  );
  const head = [
    'file',
    'model',
    'start_s',
    'end_s',
    ...(hasVoices ? ['voice'] : []),
    'emotion',
    'confidence',
    'low_information',
    ...labels.map(disarm),
    ...told,
  ];
  return BYTE_ORDER_MARK + csvTable([head, ...rows]);
}

export function allSegmentsName(): string {
  return `${t('upload.exportAllName')}.csv`;
}
