import * as z from 'zod/mini';
import type { SessionRecord } from '@/features/session/lib/sessionRecord';
import { uncertainCount } from '@/features/session/lib/sessionViews';

const seconds = z.number().check(z.gte(0));

const tallySchema = z.object({
  /** When the day began, by the clock of the user. */
  dayMs: z.number(),
  /** Empty where the results do not name it. */
  model: z.string(),
  /** Of each emotion that the model knows, what is certain. */
  secondsOf: z.record(z.string(), seconds),
  uncertainS: seconds,
});

/** The seconds of speech that a model predicted on a day. */
export type Tally = z.infer<typeof tallySchema>;

export const entrySchema = z.object({
  startedAtMs: z.number(),
  durationS: seconds,
  resultCount: z.number(),
  uncertainCount: z.number(),
  tallies: z.array(tallySchema),
});

/** What is known of a session without its results. */
export type SessionEntry = z.infer<typeof entrySchema>;

function dayOf(atMs: number): number {
  return new Date(atMs).setHours(0, 0, 0, 0);
}

/** Maps, as a file may name an emotion like what every object has. */
interface OpenTally {
  dayMs: number;
  model: string;
  secondsOf: Map<string, number>;
  uncertainS: number;
}

function talliesOf({ results }: SessionRecord): Tally[] {
  const tallies = new Map<string, OpenTally>();
  let untilS = 0;
  for (const { startS, endS, endedAtMs, model = '', prediction } of results) {
    // Results of a stream overlap: each second counts once.
    const newS = Math.max(0, endS - Math.max(startS, untilS));
    untilS = Math.max(untilS, endS);
    const dayMs = dayOf(endedAtMs);
    const key = `${dayMs} ${model}`;
    const tally = tallies.get(key) ?? { dayMs, model, secondsOf: new Map<string, number>(), uncertainS: 0 };
    tallies.set(key, tally);
    const add = (emotion: string, byS: number) =>
      tally.secondsOf.set(emotion, (tally.secondsOf.get(emotion) ?? 0) + byS);
    for (const emotion of Object.keys(prediction.probabilities)) add(emotion, 0);
    if (prediction.low_information) tally.uncertainS += newS;
    else add(prediction.emotion, newS);
  }
  return Array.from(tallies.values(), ({ secondsOf, ...tally }) => ({
    ...tally,
    secondsOf: Object.fromEntries(secondsOf),
  }));
}

/** Undefined where a session has no result with an emotion. */
export function entryOf(record: SessionRecord): SessionEntry | undefined {
  const [first] = record.results;
  if (!first) return undefined;
  return {
    startedAtMs: first.endedAtMs - Math.round(1000 * (first.endS - first.startS)),
    durationS: record.durationS,
    resultCount: record.results.length,
    uncertainCount: uncertainCount(record.results),
    tallies: talliesOf(record),
  };
}
