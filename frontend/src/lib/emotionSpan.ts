/** What was heard in a part of a recording or of a session. */
export interface EmotionSpan {
  startS: number;
  endS: number;
  emotion: string;
  confidence: number;
  isUncertain: boolean;
  probabilities: Record<string, number>;
}

/** A stretch of one emotion, as parts of the whole, 0 to 1. */
export interface Run {
  start: number;
  end: number;
  emotion: string;
  isUncertain: boolean;
}

/** Parts of the whole that are drawn as one where they touch. */
const SAME_PLACE = 1e-6;

/** Wider runs would hide shorter ones that a screen can still show. */
const MOST_RUNS = 400;

function clamped(part: number): number {
  return Math.min(1, Math.max(0, part));
}

function isSame(one: Run, other: Run): boolean {
  return (
    one.emotion === other.emotion &&
    one.isUncertain === other.isUncertain &&
    other.start - one.end < SAME_PLACE
  );
}

function joined(runs: Run[]): Run[] {
  const found: Run[] = [];
  for (const run of runs) {
    const last = found.at(-1);
    if (last && isSame(last, run)) last.end = Math.max(last.end, run.end);
    else found.push({ ...run });
  }
  return found;
}

/** Of each of many places the run that covers most of it: a recording of hours has thousands. */
function sampled(runs: Run[]): Run[] {
  const widest = new Array<{ run: Run; width: number } | undefined>(MOST_RUNS);
  for (const run of runs) {
    const first = Math.floor(run.start * MOST_RUNS);
    for (let place = first; place < MOST_RUNS && place / MOST_RUNS < run.end; place++) {
      const width =
        Math.min(run.end, (place + 1) / MOST_RUNS) - Math.max(run.start, place / MOST_RUNS);
      if (width > (widest[place]?.width ?? 0)) widest[place] = { run, width };
    }
  }
  return widest.flatMap((each, place) =>
    each ? [{ ...each.run, start: place / MOST_RUNS, end: (place + 1) / MOST_RUNS }] : [],
  );
}

/** The spans as stretches of one emotion, few enough to draw. Spans are in the order of time. */
export function emotionRuns(spans: EmotionSpan[], durationS: number): Run[] {
  if (durationS <= 0) return [];
  const runs = joined(
    spans.map(({ startS, endS, emotion, isUncertain }) => ({
      start: clamped(startS / durationS),
      end: clamped(endS / durationS),
      emotion,
      isUncertain,
    })),
  ).filter(({ start, end }) => end > start);
  return runs.length > MOST_RUNS ? joined(sampled(runs)) : runs;
}
