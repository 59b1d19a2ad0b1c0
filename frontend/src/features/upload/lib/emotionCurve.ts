import type { TimelineWindow } from '@/lib/timelineSchemas';

/** Resolution of the curve at zoom 1: a long recording has many more windows. */
export const CURVE_COLUMNS = 500;

interface Curve {
  emotion: string;
  /** The area under the probability as an SVG path, as wide as there are columns and 0 to 1 high. */
  path: string;
}

type Column = number | null;

/** Per column the mean of the windows that cover it; `null` where none does. */
export function curveColumns(
  windows: TimelineWindow[],
  emotions: string[],
  durationS: number,
  columnCount: number,
): Column[][] {
  const counts = new Float64Array(columnCount);
  const sums = emotions.map(() => new Float64Array(columnCount));
  const columnAt = (timeS: number) => (timeS / durationS) * columnCount;
  for (const { start_s: startS, end_s: endS, probabilities } of windows) {
    const first = Math.min(columnCount - 1, Math.floor(columnAt(startS)));
    const end = Math.min(columnCount, Math.max(first + 1, Math.round(columnAt(endS))));
    for (let column = first; column < end; column++) {
      counts[column] = (counts[column] ?? 0) + 1;
      emotions.forEach((emotion, i) => {
        const sum = sums[i];
        if (sum) sum[column] = (sum[column] ?? 0) + (probabilities[emotion] ?? 0);
      });
    }
  }
  return sums.map((sum) =>
    Array.from(sum, (value, column): Column => {
      const count = counts[column] ?? 0;
      return count > 0 ? value / count : null;
    }),
  );
}

function areaPath(columns: Column[]): string {
  let path = '';
  columns.forEach((value, column) => {
    if (value === null) return;
    const height = (1 - value).toFixed(3);
    const isFirst = (columns[column - 1] ?? null) === null;
    const isLast = (columns[column + 1] ?? null) === null;
    if (isFirst) path += `M${column} 1L${column} ${height}`;
    path += `L${column + 0.5} ${height}`;
    if (isLast) path += `L${column + 1} ${height}L${column + 1} 1Z`;
  });
  return path;
}

export function emotionCurves(
  windows: TimelineWindow[],
  emotions: string[],
  durationS: number,
  columnCount: number,
): Curve[] {
  const columns = curveColumns(windows, emotions, durationS, columnCount);
  return emotions.map((emotion, i) => ({ emotion, path: areaPath(columns[i] ?? []) }));
}
