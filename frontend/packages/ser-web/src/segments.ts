import type { NetworkAnswer } from './answer';
import { indexOfMost } from './answer';

/** As `ser.analysis.segments`. */
const CELL_S = 0.1;
const SMOOTHING_S = 0.5;
/** A Gaussian is cut off so far from its middle. */
const BLUR_SIGMAS = 4;
const SHORTEST_SEGMENT_S = 1;
const TINY = 1e-12;

/** Some seconds of a recording, and what the network says of them. */
export interface Interval extends NetworkAnswer {
  startS: number;
  endS: number;
}

/** Of each cell of 0.1 s: the answer, and how near it is to windows. */
interface Smoothed {
  answers: Float64Array[];
  near: Float64Array;
}

/** Runs of one emotion, in order, without overlap, within the stretches of speech. */
export function findSegments(
  windows: readonly Interval[],
  stretchesS: readonly (readonly [number, number])[],
): Interval[] {
  const [first] = windows;
  const end = stretchesS.at(-1);
  if (!first || !end) return [];
  const { answers, near } = smoothed(windows, end[1]);
  return stretchesS.flatMap(([startS, endS]) => {
    const [from, to] = cellsOf(startS, endS);
    // What is far from any window is silence after all: nothing was left of it after trimming.
    return runsOf(near, from, to).flatMap(([at, until]) => {
      const fromS = at === from ? startS : at * CELL_S;
      const toS = until === to ? endS : until * CELL_S;
      // A stretch may begin at the very end of its first cell.
      if (toS - fromS <= TINY) return [];
      return segmentsOf(answers.slice(at, until), first, at, fromS, toS);
    });
  });
}

/** The runs [start, end) of cells that are near to windows. */
function runsOf(near: Float64Array, from: number, to: number): [number, number][] {
  const runs: [number, number][] = [];
  for (let at = from; at < Math.min(to, near.length); at += 1) {
    if (!((near[at] ?? 0) > 0)) continue;
    const last = runs.at(-1);
    if (last?.[1] === at) last[1] = at + 1;
    else runs.push([at, at + 1]);
  }
  return runs;
}

function segmentsOf(
  answers: Float64Array[],
  like: Interval,
  first: number,
  startS: number,
  endS: number,
): Interval[] {
  const { length: classes } = like.probabilities;
  const inner = borders(answers.map((answer) => answer.subarray(0, classes)));
  const edges = [0, ...inner, answers.length];
  const edgesS = [startS, ...inner.map((at) => (first + at) * CELL_S), endS];
  return edges.slice(1).map((to, i) => {
    const mean = meanOf(answers.slice(edges[i], to));
    return {
      startS: edgesS[i] ?? 0,
      endS: edgesS[i + 1] ?? 0,
      probabilities: mean.subarray(0, classes),
      network: mean.subarray(classes, -1),
      intensity: like.intensity === undefined ? undefined : mean.at(-1),
    };
  });
}

/** Before which cells of a stretch its emotion changes. */
export function borders(probabilities: readonly Float64Array[]): number[] {
  const top = probabilities.map(indexOfMost);
  let edges = [0, ...top.flatMap((best, i) => (i > 0 && best !== top[i - 1] ? [i] : [])), top.length];
  // The shortest first, each into what is before it.
  for (let length = 1; length < Math.round(SHORTEST_SEGMENT_S / CELL_S); length += 1) {
    const kept = [0];
    for (let i = 1; i < edges.length - 1; i += 1) {
      const border = edges[i] ?? 0;
      if (Math.min(border - (kept.at(-1) ?? 0), (edges[i + 1] ?? 0) - border) > length) kept.push(border);
    }
    edges = [...kept, top.length];
  }
  const inner: number[] = [];
  for (let i = 1; i < edges.length - 1; i += 1) {
    const border = edges[i] ?? 0;
    const left = meanOf(probabilities.slice(inner.at(-1) ?? 0, border));
    const right = meanOf(probabilities.slice(border, edges[i + 1]));
    if (indexOfMost(left) !== indexOfMost(right)) inner.push(border);
  }
  return inner;
}

/** The mean of vectors that are equally long, at least one. */
export function meanOf(rows: readonly ArrayLike<number>[]): Float64Array {
  const mean = new Float64Array(rows[0]?.length ?? 0);
  for (const row of rows) {
    for (let i = 0; i < mean.length; i += 1) mean[i] = (mean[i] ?? 0) + (row[i] ?? 0) / rows.length;
  }
  return mean;
}

function smoothed(windows: readonly Interval[], endS: number): Smoothed {
  const count = Math.ceil(endS / CELL_S) + 1;
  const rows = windows.map(({ probabilities, network, intensity }) =>
    Float64Array.from([...Array.from(probabilities), ...Array.from(network), intensity ?? 0]),
  );
  const evidence = Array.from({ length: count }, () => new Float64Array(rows[0]?.length ?? 0));
  const mass = new Float64Array(count);
  windows.forEach(({ startS, endS: untilS }, i) => {
    const [first, last] = cellsOf(startS, untilS);
    for (let cell = first; cell < Math.min(last, count); cell += 1) {
      const weight = hann(cell - first + 1, last - first + 2);
      mass[cell] = (mass[cell] ?? 0) + weight;
      add(evidence[cell], rows[i], weight);
    }
  });
  evidence.forEach((row, cell) => {
    const weight = mass[cell] ?? 0;
    if (weight > 0) scale(row, 1 / weight);
  });
  const covered = Array.from(mass, (weight) => Float64Array.of(weight > 0 ? 1 : 0));
  const near = Float64Array.from(blurred(covered), ([value = 0]) => value);
  const answers = blurred(evidence);
  answers.forEach((row, cell) => {
    scale(row, 1 / Math.max(near[cell] ?? 0, TINY));
  });
  return { answers, near };
}

/** Rows blurred by a Gaussian over time, with zeros beyond the ends. */
function blurred(rows: readonly Float64Array[]): Float64Array[] {
  const sigma = SMOOTHING_S / CELL_S;
  const reach = Math.ceil(BLUR_SIGMAS * sigma);
  const weights = Array.from({ length: 2 * reach + 1 }, (_, i) => Math.exp(-0.5 * ((i - reach) / sigma) ** 2));
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  return rows.map((row, at) => {
    const mixed = new Float64Array(row.length);
    weights.forEach((weight, i) => {
      add(mixed, rows[at + i - reach], weight / total);
    });
    return mixed;
  });
}

function add(to: Float64Array | undefined, values: Float64Array | undefined, weight: number): void {
  if (!to || !values) return;
  for (let i = 0; i < to.length; i += 1) to[i] = (to[i] ?? 0) + weight * (values[i] ?? 0);
}

function scale(values: Float64Array, factor: number): void {
  for (let i = 0; i < values.length; i += 1) values[i] = (values[i] ?? 0) * factor;
}

function hann(i: number, length: number): number {
  return 0.5 - 0.5 * Math.cos((2 * Math.PI * i) / (length - 1));
}

function cellsOf(startS: number, endS: number): [number, number] {
  const first = Math.floor(startS / CELL_S);
  return [first, Math.max(first + 1, Math.ceil(endS / CELL_S))];
}
