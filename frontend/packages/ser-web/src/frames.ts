import type { Statistics } from './baseline';

/** 10 ms. */
const HOP_LENGTH = 160;
const LEVELS = 255;
const TINY = 1e-30;

/** The features of a sound over time; all times are samples from where the sound begins. */
export class Frames {
  /** Row after row. */
  readonly values: Float32Array;
  readonly width: number;
  /** At which sample they begin: silence before it was cut off. */
  readonly start: number;

  constructor(values: Float32Array, width: number, start: number) {
    this.values = values;
    this.width = width;
    this.start = start;
  }

  /** The rows of the samples [from, to). */
  between(from: number, to = Infinity): Float32Array {
    return this.values.subarray(this.width * this.#row(from), this.width * this.#row(to));
  }

  /** The statistics of the rows from `from` on and before `to`. */
  statistics(from: number, to?: number): Statistics {
    const rows = this.between(from, to);
    const [sum, sumSquares] = [new Float64Array(this.width), new Float64Array(this.width)];
    for (let i = 0; i < rows.length; i += 1) {
      const [value, column] = [rows[i] ?? 0, i % this.width];
      sum[column] = (sum[column] ?? 0) + value;
      sumSquares[column] = (sumSquares[column] ?? 0) + value ** 2;
    }
    return { count: rows.length / this.width, sum, sumSquares };
  }

  #row(sample: number): number {
    return Math.min(Math.max(0, Math.floor((sample - this.start) / HOP_LENGTH)), this.values.length / this.width);
  }
}

/** Frames in a quarter of the memory, for a second pass: in 255 steps per feature, as `ser.models.quantized`. */
export class QuantizedFrames {
  readonly #steps: Uint8Array;
  readonly #least: Float32Array;
  readonly #step: Float32Array;
  readonly #start: number;

  constructor({ values, width, start }: Frames) {
    this.#start = start;
    this.#least = new Float32Array(width).fill(Infinity);
    const most = new Float32Array(width).fill(-Infinity);
    values.forEach((value, i) => {
      const column = i % width;
      this.#least[column] = Math.min(this.#least[column] ?? 0, value);
      most[column] = Math.max(most[column] ?? 0, value);
    });
    this.#step = most.map((value, i) => Math.max((value - (this.#least[i] ?? 0)) / LEVELS, TINY));
    this.#steps = Uint8Array.from(values, (value, i) =>
      Math.round((value - (this.#least[i % width] ?? 0)) / (this.#step[i % width] ?? 1)),
    );
  }

  restored(): Frames {
    const width = this.#step.length;
    const values = Float32Array.from(
      this.#steps,
      (step, i) => step * (this.#step[i % width] ?? 0) + (this.#least[i % width] ?? 0),
    );
    return new Frames(values, width, this.#start);
  }
}
