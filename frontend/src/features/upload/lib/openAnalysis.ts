import * as z from 'zod/mini';
import { t } from '@/lib/i18n';
import { areNames, LARGEST_EXPORT_BYTES, LONGEST_S, MOST_PARTS } from '@/lib/plausible';
import { ProblemError, type Problem } from '@/lib/problem';
import { hasSpeech, timelineSchema, type Timeline } from '@/lib/timelineSchemas';
import type { UploadState } from './uploads';

const MOST_VOICES = 8;
const MOST_PEAKS = 10_000;

/** A part may end a window after the end of a recording that was cut off. */
const BEYOND_S = 5;

interface Part {
  start_s: number;
  end_s: number;
  emotion: string;
  probabilities: Record<string, number>;
}

function areOrderly(parts: Part[], durationS: number): boolean {
  return (
    parts.length <= MOST_PARTS &&
    parts.every(
      ({ start_s, end_s }, i) =>
        start_s <= end_s &&
        end_s <= durationS + BEYOND_S &&
        start_s >= (parts[i - 1]?.start_s ?? 0),
    )
  );
}

/** What the schema cannot say: a page that draws the rest would hang, or draw nonsense. */
function isPlausible(timeline: Timeline): boolean {
  const { duration_s: durationS, distribution, probabilities, windows, segments } = timeline;
  const voices = timeline.voices ?? [];
  const names = Object.keys(distribution);
  const known = new Set(names);
  const areKnown = (parts: Part[]) =>
    parts.every(
      ({ emotion, probabilities: each }) =>
        known.has(emotion) && Object.keys(each).every((name) => known.has(name)),
    );
  return (
    durationS > 0 &&
    durationS <= LONGEST_S &&
    areNames(names) &&
    (timeline.peaks?.length ?? 0) <= MOST_PEAKS &&
    voices.length <= MOST_VOICES &&
    new Set(voices.map(({ id }) => id)).size === voices.length &&
    [windows, segments, ...voices.map((voice) => voice.segments)].every(
      (parts) => areOrderly(parts, durationS) && areKnown(parts),
    ) &&
    (!hasSpeech(timeline) ||
      (known.has(timeline.emotion) && Object.keys(probabilities ?? {}).every((name) => known.has(name))))
  );
}

function badAnalysis(): Problem {
  return {
    code: 'bad_analysis',
    title: t('upload.badAnalysis'),
    remedy: t('upload.badAnalysisRemedy'),
  };
}

/** The analysis in the text of an export. Throws where the text is none. */
export function readAnalysis(text: string): Timeline {
  try {
    const timeline = z.parse(timelineSchema, JSON.parse(text));
    if (isPlausible(timeline)) return timeline;
  } catch {
    // Whatever is wrong with it, it is no export.
  }
  throw new ProblemError(badAnalysis());
}

/** Opens an exported analysis. */
export async function openAnalysis(file: File): Promise<UploadState> {
  try {
    if (file.size > LARGEST_EXPORT_BYTES) throw new ProblemError(badAnalysis());
    const timeline = readAnalysis(await file.text());
    return hasSpeech(timeline)
      ? { phase: 'done', timeline, asked: {} }
      : { phase: 'no_speech', timeline };
  } catch {
    return { phase: 'failed', problem: badAnalysis() };
  }
}
