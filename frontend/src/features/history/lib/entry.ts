import * as z from 'zod/mini';
import type { SessionRecord } from '@/features/session/lib/sessionRecord';
import { emotionsOf, uncertainCount } from '@/features/session/lib/sessionViews';

const seconds = z.number().check(z.gte(0));

const tallySchema = z.object({
  /** Empty where the results do not name it. */
  model: z.string(),
  /** Of each emotion that the model knows, what is certain. */
  secondsOf: z.record(z.string(), seconds),
  uncertainS: seconds,
});

/** The seconds of speech that a model predicted. */
export type Tally = z.infer<typeof tallySchema>;

export const entrySchema = z.object({
  /** When the first result was there, which no two sessions share. */
  id: z.number(),
  startedAtMs: z.number(),
  durationS: seconds,
  resultCount: z.number(),
  uncertainCount: z.number(),
  tallies: z.array(tallySchema),
});

/** A session in the list: what is known of it without its results. */
export type HistoryEntry = z.infer<typeof entrySchema>;

function talliesOf({ results }: SessionRecord): Tally[] {
  const tallies = new Map<string, Tally>();
  let untilS = 0;
  for (const { startS, endS, model = '', prediction } of results) {
    // Results of a stream overlap: each second counts once.
    const newS = Math.max(0, endS - Math.max(startS, untilS));
    untilS = Math.max(untilS, endS);
    const tally = tallies.get(model) ?? { model, secondsOf: {}, uncertainS: 0 };
    tallies.set(model, tally);
    for (const emotion of Object.keys(prediction.probabilities)) tally.secondsOf[emotion] ??= 0;
    if (prediction.low_information) tally.uncertainS += newS;
    else tally.secondsOf[prediction.emotion] = (tally.secondsOf[prediction.emotion] ?? 0) + newS;
  }
  return [...tallies.values()];
}

/** Undefined where a session has no result with an emotion. */
export function entryOf(record: SessionRecord): HistoryEntry | undefined {
  const [first] = record.results;
  if (!first) return undefined;
  return {
    id: first.endedAtMs,
    startedAtMs: first.endedAtMs - Math.round(1000 * (first.endS - first.startS)),
    durationS: record.durationS,
    resultCount: record.results.length,
    uncertainCount: uncertainCount(record.results),
    tallies: talliesOf(record),
  };
}

/** The emotions of a record, in the order of its models. */
export function emotionsOfRecord({ results }: SessionRecord): string[] {
  return emotionsOf(results, []);
}
