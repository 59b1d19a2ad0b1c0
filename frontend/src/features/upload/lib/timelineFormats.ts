import type { Segment, Timeline } from '@/lib/timelineSchemas';

/** As `ser.analysis.exports`, which the API writes the same files with. */
export type TimelineFormat = 'csv' | 'vtt' | 'audacity' | 'textgrid' | 'rttm';

/** Where a format needs the name of the recording. */
const RECORDING = 'recording';

const AFFECT = ['sentiment', 'valence', 'arousal'] as const;

export const writers: Record<TimelineFormat, (timeline: Timeline) => string> = {
  csv: ({ distribution, segments }) => {
    const labels = Object.keys(distribution);
    const told = toldOf(segments);
    const rows = segments.map((segment) => [
      segment.start_s,
      segment.end_s,
      oneLine(segment.emotion),
      segment.confidence,
      segment.low_information ? 'yes' : 'no',
      ...labels.map((label) => segment.probabilities[label] ?? ''),
      ...told.map((name) => segment[name] ?? ''),
    ]);
    const head = ['start_s', 'end_s', 'emotion', 'confidence', 'low_information', ...labels, ...told];
    return csvTable([head, ...rows]);
  },
  vtt: ({ segments }) => {
    const cues = segments.map(
      ({ start_s, end_s, emotion, confidence }, i) =>
        `${i + 1}\n${clock(start_s)} --> ${clock(end_s)}\n${cueText(emotion)} ${(100 * confidence).toFixed(0)}%\n`,
    );
    return ['WEBVTT\n', ...cues].join('\n');
  },
  audacity: ({ segments }) =>
    segments
      .map(({ start_s, end_s, emotion }) => `${start_s.toFixed(3)}\t${end_s.toFixed(3)}\t${oneLine(emotion)}\n`)
      .join(''),
  textgrid: ({ segments, duration_s }) => {
    const endS = Math.max(duration_s, ...segments.map(({ end_s }) => end_s));
    const intervals = withoutGaps(segments, endS);
    return [
      'File type = "ooTextFile"',
      'Object class = "TextGrid"',
      '',
      'xmin = 0',
      `xmax = ${endS.toFixed(3)}`,
      'tiers? <exists>',
      'size = 1',
      'item []:',
      '    item [1]:',
      '        class = "IntervalTier"',
      '        name = "emotion"',
      '        xmin = 0',
      `        xmax = ${endS.toFixed(3)}`,
      `        intervals: size = ${intervals.length}`,
      ...intervals.flatMap(([startS, untilS, text], i) => [
        `        intervals [${i + 1}]:`,
        `            xmin = ${startS.toFixed(3)}`,
        `            xmax = ${untilS.toFixed(3)}`,
        `            text = "${oneLine(text).replaceAll('"', '""')}"`,
      ]),
      '',
    ].join('\n');
  },
  // Emotions stand in place of speakers, so that diarization scorers can read it.
  rttm: ({ segments }) =>
    segments
      .map(
        ({ start_s, end_s, emotion, confidence }) =>
          `SPEAKER ${RECORDING} 1 ${start_s.toFixed(3)} ${(end_s - start_s).toFixed(3)} ` +
          `<NA> <NA> ${word(emotion)} ${confidence.toFixed(4)} <NA>\n`,
      )
      .join(''),
};

/** What else the model tells: where it does not, there are no empty columns. */
export function toldOf(segments: Segment[]) {
  return ([...AFFECT, 'intensity'] as const).filter((name) =>
    segments.some((segment) => segment[name] !== null && segment[name] !== undefined),
  );
}

export function csvTable(rows: (string | number)[][]): string {
  return rows.map((row) => `${row.map(csvCell).join(',')}\n`).join('');
}

/** Praat needs intervals over the whole duration: silence is one without text. */
function withoutGaps(segments: Segment[], endS: number): [number, number, string][] {
  const intervals: [number, number, string][] = [];
  let atS = 0;
  for (const { start_s, end_s, emotion } of segments) {
    if (start_s > atS) intervals.push([atS, start_s, '']);
    intervals.push([start_s, end_s, emotion]);
    atS = end_s;
  }
  if (endS > atS || atS === 0) intervals.push([atS, endS, '']);
  return intervals;
}

function clock(atS: number): string {
  const allMs = Math.round(atS * 1000);
  const padded = (value: number, length: number) => String(Math.floor(value)).padStart(length, '0');
  const [hours, minutes, seconds] = [allMs / 3_600_000, (allMs / 60_000) % 60, (allMs / 1000) % 60];
  return `${padded(hours, 2)}:${padded(minutes, 2)}:${padded(seconds, 2)}.${padded(allMs % 1000, 3)}`;
}

function cueText(text: string): string {
  const escaped = oneLine(text).replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
  return escaped || '&nbsp;';
}

/** Control characters would end a line, or a field. */
function oneLine(text: string): string {
  return text.replaceAll(/[\p{C}\p{Z}]+/gu, ' ').replaceAll(/\s+/g, ' ').trim();
}

function word(text: string): string {
  return oneLine(text).replaceAll(' ', '_') || '_';
}

function csvCell(value: string | number): string {
  const text = String(value);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
