import * as z from 'zod/mini';
import { affectFields, intensity, probability, text } from '@/lib/apiSchemas';
import { areNames, LARGEST_EXPORT_BYTES, LONGEST_S, MOST_PARTS } from '@/lib/plausible';
import { problemOf, ProblemError } from '@/lib/problem';
import type { SessionRecord } from './sessionRecord';

const seconds = z.number().check(z.gte(0));
const count = z.int().check(z.gte(0));

const documentSchema = z.object({
  exported_at: z.iso.datetime(),
  duration_s: seconds,
  uncertain_count: count,
  no_speech_count: count,
  skipped_count: count,
  /** Of the results that are certain. */
  counts: z.record(z.string(), count),
  predictions: z.array(
    z.object({
      time: z.iso.datetime(),
      start_s: seconds,
      end_s: seconds,
      model: z.nullable(text),
      emotion: text,
      confidence: probability,
      uncertain: z.boolean(),
      probabilities: z.record(z.string(), probability),
      ...affectFields,
      intensity,
    }),
  ),
});

/** A session as a file, and as the history keeps it. */
export type SessionDocument = z.infer<typeof documentSchema>;

/** Listening ends a little before or after the last result does. */
const BEYOND_S = 5;

function isPlausible({ duration_s: durationS, predictions }: SessionDocument): boolean {
  const names = new Set(predictions.flatMap(({ probabilities }) => Object.keys(probabilities)));
  return (
    predictions.length > 0 &&
    predictions.length <= MOST_PARTS &&
    durationS <= LONGEST_S &&
    areNames([...names]) &&
    predictions.every(
      ({ emotion, start_s, end_s }, i) =>
        names.has(emotion) &&
        start_s <= end_s &&
        end_s <= durationS + BEYOND_S &&
        start_s >= (predictions[i - 1]?.start_s ?? 0),
    )
  );
}

/** Throws where it has not the shape of an exported session. */
export function toRecord(document: unknown): SessionRecord {
  return recordOfDocument(z.parse(documentSchema, document));
}

function recordOfDocument(read: SessionDocument): SessionRecord {
  return {
    durationS: read.duration_s,
    noSpeechCount: read.no_speech_count,
    skippedCount: read.skipped_count,
    results: read.predictions.map((each, i) => {
      const { time, start_s: startS, end_s: endS, model, uncertain, ...prediction } = each;
      return {
        id: i + 1,
        endedAtMs: Date.parse(time),
        startS,
        endS,
        ...(model !== null && { model }),
        prediction: { ...prediction, timestamp: time, low_information: uncertain },
      };
    }),
  };
}

/** Opens an exported session. Throws a `ProblemError` where the file is none. */
export async function openSession(file: File): Promise<SessionRecord> {
  try {
    if (file.size > LARGEST_EXPORT_BYTES) throw new RangeError('No session is so long.');
    const read = z.parse(documentSchema, JSON.parse(await file.text()));
    if (!isPlausible(read)) throw new RangeError('No session can be so.');
    return recordOfDocument(read);
  } catch {
    // Whatever is wrong with it, it is no export.
    throw new ProblemError(problemOf('bad_session', 'badSession'));
  }
}
