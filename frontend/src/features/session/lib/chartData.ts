import type { SessionResult } from './session';

/** Chunks with a smaller gap are drawn without a gap. */
const MAX_GAP_S = 0.5;

export interface ChartData {
  timesS: number[];
  /** One list per emotion, each as long as `timesS`; `null` where there was no speech. */
  probabilities: (number | null)[][];
}

export interface Span {
  startS: number;
  endS: number;
}

/** Spans of uncertain results; spans with a short gap are joined. */
export function uncertainSpans(results: SessionResult[]): Span[] {
  const spans: Span[] = [];
  for (const { startS, endS, prediction } of results) {
    if (!prediction?.low_information) continue;
    const last = spans.at(-1);
    if (last && startS - last.endS < MAX_GAP_S) last.endS = endS;
    else spans.push({ startS, endS });
  }
  return spans;
}

/** A step function: a probability holds until the next; pauses and no speech are gaps. */
export function toChartData(results: SessionResult[], emotions: string[]): ChartData {
  const timesS: number[] = [];
  const probabilities = emotions.map((): (number | null)[] => []);
  const add = (timeS: number, values: Record<string, number> | null) => {
    timesS.push(timeS);
    emotions.forEach((emotion, i) => {
      probabilities[i]?.push(values ? (values[emotion] ?? 0) : null);
    });
  };

  results.forEach(({ startS, endS, prediction }, i) => {
    if (!prediction) return;
    add(startS, prediction.probabilities);
    const next = results[i + 1];
    if (next?.prediction && next.startS - endS < MAX_GAP_S) return;
    add(endS, prediction.probabilities);
    add(endS, null);
  });
  return { timesS, probabilities };
}
