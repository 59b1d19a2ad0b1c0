import { SAMPLE_RATE_HZ } from './decode';

/** Zero crossings of the filter on each side, at the lower of the two rates. */
const REACH = 24;
/** Of the band that both rates have, this much is kept. */
const KEPT_BAND = 0.95;

/** Brings a mono sound that comes in pieces to 16 kHz, for browsers whose microphone has a rate of its own. */
export class Resampler {
  /** From one new sample to the next are `#down` parts of an old one, of which `#up` are a whole. */
  readonly #up: number;
  readonly #down: number;
  readonly #reach: number;
  /** A windowed sinc for each part of a sample that a new one may lie behind an old one. */
  readonly #filters: readonly Float64Array[];
  #known: Float32Array;
  /** Where the next sample is, in parts of those of `#known`. */
  #at: number;

  constructor(rateHz: number) {
    const common = greatestDivisor(rateHz, SAMPLE_RATE_HZ);
    this.#up = SAMPLE_RATE_HZ / common;
    this.#down = rateHz / common;
    const cutOff = Math.min(1, this.#up / this.#down) * KEPT_BAND;
    this.#reach = Math.ceil(REACH / cutOff);
    this.#filters = Array.from({ length: this.#down === this.#up ? 0 : this.#up }, (_, part) =>
      filter(part / this.#up, cutOff, this.#reach),
    );
    this.#known = new Float32Array(this.#reach);
    this.#at = this.#reach * this.#up;
  }

  /** What can be told after these samples; the last few wait for what follows them. */
  feed(samples: Float32Array): Float32Array {
    if (this.#up === this.#down) return samples;
    const all = new Float32Array(this.#known.length + samples.length);
    all.set(this.#known);
    all.set(samples, this.#known.length);
    const found: number[] = [];
    let first = Math.floor(this.#at / this.#up) - this.#reach;
    while (first + 2 * this.#reach + 1 < all.length) {
      const taps = this.#filters[this.#at % this.#up] ?? new Float64Array();
      found.push(taps.reduce((sum, tap, i) => sum + tap * (all[first + i] ?? 0), 0));
      this.#at += this.#down;
      first = Math.floor(this.#at / this.#up) - this.#reach;
    }
    const unneeded = Math.min(first, all.length);
    this.#known = all.slice(unneeded);
    this.#at -= unneeded * this.#up;
    return Float32Array.from(found);
  }
}

/** The weights of the samples from `reach` before to `reach + 1` after, for a new one `shift` behind an old one. */
function filter(shift: number, cutOff: number, reach: number): Float64Array {
  const taps = Float64Array.from({ length: 2 * reach + 2 }, (_, i) => {
    const distance = i - reach - shift;
    const window = 0.5 + 0.5 * Math.cos((Math.PI * distance) / (reach + 1));
    return Math.abs(distance) > reach + 1 ? 0 : window * sinc(cutOff * distance);
  });
  const total = taps.reduce((sum, tap) => sum + tap, 0);
  return taps.map((tap) => tap / total);
}

function sinc(x: number): number {
  return x === 0 ? 1 : Math.sin(Math.PI * x) / (Math.PI * x);
}

function greatestDivisor(a: number, b: number): number {
  return b === 0 ? a : greatestDivisor(b, a % b);
}
