import type { HistoryEntry } from './entry';
import { sumOf, type Sum } from './shares';

/** A day of the user's calendar. */
export interface TrendDay extends Sum {
  startMs: number;
  sessionCount: number;
}

/** The models of the entries, the one heard longest first. */
export function modelsOf(entries: readonly HistoryEntry[]): string[] {
  const secondsOf = new Map<string, number>();
  for (const tally of entries.flatMap(({ tallies }) => tallies)) {
    secondsOf.set(tally.model, (secondsOf.get(tally.model) ?? 0) + sumOf([tally]).totalS);
  }
  return [...secondsOf].sort(([, one], [, other]) => other - one).map(([model]) => model);
}

/** What a model predicted on each of the last days, today included; the earliest first. */
export function trendOf(
  entries: readonly HistoryEntry[],
  model: string,
  nowMs: number,
  dayCount: number,
): TrendDay[] {
  const now = new Date(nowMs);
  // By the calendar: a day may have 23 or 25 hours.
  const dayAgo = (count: number) =>
    new Date(now.getFullYear(), now.getMonth(), now.getDate() - count).getTime();
  return Array.from({ length: dayCount }, (_, i) => {
    const startMs = dayAgo(dayCount - 1 - i);
    const endMs = dayAgo(dayCount - 2 - i);
    const heard = entries
      .filter(({ startedAtMs }) => startMs <= startedAtMs && startedAtMs < endMs)
      .flatMap(({ tallies }) => tallies.filter((tally) => tally.model === model));
    return { startMs, sessionCount: heard.length, ...sumOf(heard) };
  });
}
