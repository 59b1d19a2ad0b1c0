import type { SessionEntry, Tally } from './entry';
import { sumOf, type Sum } from './shares';

/** A day of the user's calendar. */
export interface TrendDay extends Sum {
  startMs: number;
}

/** By the calendar: a day may have 23 or 25 hours. */
function dayBefore(nowMs: number, count: number): number {
  const now = new Date(nowMs);
  return new Date(now.getFullYear(), now.getMonth(), now.getDate() - count).getTime();
}

function isOn(startMs: number, { dayMs }: Tally): boolean {
  return startMs <= dayMs && dayMs < dayBefore(startMs, -1);
}

/** Whether a session has results of a day. */
export function isOfDay(entry: SessionEntry, startMs: number): boolean {
  return entry.tallies.some((tally) => isOn(startMs, tally));
}

/** The nearest days before and after a day on which sessions have results. */
export function daysAround(
  entries: readonly SessionEntry[],
  startMs: number,
): { earlierMs: number | undefined; laterMs: number | undefined } {
  const days = entries.flatMap(({ tallies }) => tallies.map(({ dayMs }) => dayBefore(dayMs, 0)));
  const earlier = days.filter((dayMs) => dayMs < startMs);
  const later = days.filter((dayMs) => dayMs > startMs);
  return {
    earlierMs: earlier.length > 0 ? Math.max(...earlier) : undefined,
    laterMs: later.length > 0 ? Math.min(...later) : undefined,
  };
}

/** The models of the last days, the one heard longest first; then those of earlier days. */
export function modelsOf(tallies: readonly Tally[], nowMs: number, dayCount: number): string[] {
  const sinceMs = dayBefore(nowMs, dayCount - 1);
  const secondsOf = new Map<string, number>();
  for (const tally of tallies) {
    const newS = tally.dayMs >= sinceMs ? sumOf([tally]).totalS : 0;
    secondsOf.set(tally.model, (secondsOf.get(tally.model) ?? 0) + newS);
  }
  return [...secondsOf].sort(([, one], [, other]) => other - one).map(([model]) => model);
}

/** What a model predicted on each of the last days, today included; the earliest first. */
export function trendOf(
  tallies: readonly Tally[],
  model: string,
  nowMs: number,
  dayCount: number,
): TrendDay[] {
  const ofModel = tallies.filter((tally) => tally.model === model);
  return Array.from({ length: dayCount }, (_, i) => {
    const startMs = dayBefore(nowMs, dayCount - 1 - i);
    return { startMs, ...sumOf(ofModel.filter((tally) => isOn(startMs, tally))) };
  });
}
