import type { Heard } from './session';

/** Chunks that follow each other this closely are one stretch. */
const LONGEST_SEAM_S = 0.5;

export interface ChartData {
  timesS: number[];
  /** One list per emotion, each as long as `timesS`; `null` where nothing was heard. */
  probabilities: (number | null)[][];
}

export interface Span {
  startS: number;
  endS: number;
}

/** Where the estimates are uncertain; what follows closely is one span. */
export function uncertainSpans(heard: Heard[]): Span[] {
  const spans: Span[] = [];
  for (const { startS, endS, prediction } of heard) {
    if (!prediction?.low_information) continue;
    const last = spans.at(-1);
    if (last && startS - last.endS < LONGEST_SEAM_S) last.endS = endS;
    else spans.push({ startS, endS });
  }
  return spans;
}

/** Steps: a probability holds from its time to the next; pauses and no speech are gaps. */
export function toChartData(heard: Heard[], emotions: string[]): ChartData {
  const timesS: number[] = [];
  const probabilities = emotions.map((): (number | null)[] => []);
  const add = (timeS: number, values: Record<string, number> | null) => {
    timesS.push(timeS);
    emotions.forEach((emotion, i) => {
      probabilities[i]?.push(values ? (values[emotion] ?? 0) : null);
    });
  };

  heard.forEach(({ startS, endS, prediction }, i) => {
    if (!prediction) return;
    add(startS, prediction.probabilities);
    const next = heard[i + 1];
    if (next?.prediction && next.startS - endS < LONGEST_SEAM_S) return;
    add(endS, prediction.probabilities);
    add(endS, null);
  });
  return { timesS, probabilities };
}
