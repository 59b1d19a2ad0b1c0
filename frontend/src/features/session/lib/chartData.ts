import type { Heard } from './session';

/** Chunks that follow each other this closely are one stretch. */
const LONGEST_SEAM_S = 0.5;

export interface ChartData {
  timesS: number[];
  /** One list per emotion, each as long as `timesS`; `null` where nothing was heard. */
  probabilities: (number | null)[][];
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
