import type { EmotionSpan } from './emotionSpan';

/** Resolution of the curve at zoom 1: a long recording has many more spans. */
export const CURVE_COLUMNS = 500;

interface Curve {
  emotion: string;
  /** The area under the probability as an SVG path, as wide as there are columns and 0 to 1 high. */
  certain: string;
  /** The same where the spans are uncertain. */
  uncertain: string;
}

type Column = number | null;

interface Columns {
  /** Per emotion and column the mean of the spans that cover it; `null` where none does. */
  values: Column[][];
  /** Whether most of the spans that cover a column are uncertain. */
  isUncertain: boolean[];
}

export function curveColumns(
  spans: EmotionSpan[],
  emotions: string[],
  durationS: number,
  columnCount: number,
): Columns {
  const counts = new Float64Array(columnCount);
  // A span of another model may lack an emotion.
  const known = emotions.map(() => new Float64Array(columnCount));
  const uncertain = new Float64Array(columnCount);
  const sums = emotions.map(() => new Float64Array(columnCount));
  const columnAt = (timeS: number) => (timeS / durationS) * columnCount;
  for (const { startS, endS, probabilities, isUncertain } of spans) {
    const first = Math.max(0, Math.min(columnCount - 1, Math.floor(columnAt(startS))));
    const end = Math.min(columnCount, Math.max(first + 1, Math.round(columnAt(endS))));
    for (let column = first; column < end; column++) {
      counts[column] = (counts[column] ?? 0) + 1;
      if (isUncertain) uncertain[column] = (uncertain[column] ?? 0) + 1;
      emotions.forEach((emotion, i) => {
        const [sum, of] = [sums[i], known[i]];
        const probability = probabilities[emotion];
        if (!sum || !of || probability === undefined) return;
        sum[column] = (sum[column] ?? 0) + probability;
        of[column] = (of[column] ?? 0) + 1;
      });
    }
  }
  return {
    values: sums.map((sum, i) =>
      Array.from(sum, (value, column): Column => {
        const count = known[i]?.[column] ?? 0;
        return count > 0 ? value / count : null;
      }),
    ),
    isUncertain: Array.from(uncertain, (count, column) => count > (counts[column] ?? 0) / 2),
  };
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
  spans: EmotionSpan[],
  emotions: string[],
  durationS: number,
  columnCount: number,
): Curve[] {
  const { values, isUncertain } = curveColumns(spans, emotions, durationS, columnCount);
  const only = (columns: Column[], wanted: boolean) =>
    columns.map((value, column) => (isUncertain[column] === wanted ? value : null));
  return emotions.map((emotion, i) => {
    const columns = values[i] ?? [];
    return {
      emotion,
      certain: areaPath(only(columns, false)),
      uncertain: areaPath(only(columns, true)),
    };
  });
}
