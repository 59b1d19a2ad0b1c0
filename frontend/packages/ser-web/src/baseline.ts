import type { Scaling } from './description';
import { Problem } from './problem';

/** Of a speaker's frames, of which a baseline is made; no word can be recovered from it. */
export interface Statistics {
  /** How many frames. */
  count: number;
  /** Of each feature. */
  sum: Float64Array;
  /** Of each feature squared. */
  sumSquares: Float64Array;
}

/** As `ser.models.baseline`: both read each other's tokens. */
const PREFIX = 'ser-baseline-1.';
const CHECKSUM_BYTES = 8;
const COUNT_BYTES = 8;
const NUMBER_BYTES = 8;
const MAX_COUNT = 1e9;
const MAX_VALUE = 1e6;
/** The least deviation of a feature, as a share of its usual one. */
const MIN_SCALE_SHARE = 0.05;
export const FRAME_S = 0.01;

export function added(one: Statistics, other: Statistics): Statistics {
  const total = one.count + other.count;
  const kept = total > MAX_COUNT ? MAX_COUNT / total : 1;
  const plus = (a: Float64Array, b: Float64Array) => a.map((value, i) => (value + (b[i] ?? 0)) * kept);
  return {
    count: Math.min(total, MAX_COUNT),
    sum: plus(one.sum, other.sum),
    sumSquares: plus(one.sumSquares, other.sumSquares),
  };
}

/** The mean and the deviation to scale a speaker's frames with: the speaker's, and `priorFrames` of others. */
export function blended({ count, sum, sumSquares }: Statistics, others: Scaling, priorFrames: number) {
  const total = priorFrames + count;
  const mean = new Float32Array(sum.length);
  const scale = new Float32Array(sum.length);
  sum.forEach((summed, i) => {
    const usual = others.mean[i] ?? 0;
    const deviation = others.scale[i] ?? 1;
    const own = (priorFrames * usual + summed) / total;
    const power = (priorFrames * (deviation ** 2 + usual ** 2) + (sumSquares[i] ?? 0)) / total;
    mean[i] = own;
    scale[i] = Math.sqrt(Math.max(power - own ** 2, (MIN_SCALE_SHARE * deviation) ** 2));
  });
  return { mean, scale };
}

/** The statistics as text, for a model whose `baseline_kind` this is. */
export async function toToken({ count, sum, sumSquares }: Statistics, kind: string): Promise<string> {
  const name = new TextEncoder().encode(kind);
  const length = name.length + COUNT_BYTES + NUMBER_BYTES * (sum.length + sumSquares.length);
  const bytes = new Uint8Array(length + CHECKSUM_BYTES);
  bytes.set(name);
  const view = new DataView(bytes.buffer);
  view.setBigUint64(name.length, BigInt(Math.round(count)), true);
  [...sum, ...sumSquares].forEach((value, i) => {
    view.setFloat64(name.length + COUNT_BYTES + NUMBER_BYTES * i, value, true);
  });
  bytes.set(await checksum(bytes.subarray(0, length)), length);
  return PREFIX + encoded(bytes);
}

/**
 * The statistics of a token.
 *
 * @param width - how many features the model reads.
 * @throws Problem `bad_baseline`: it is none, is damaged, is of other features, or no frames can have it.
 */
export async function fromToken(token: string, kind: string, width: number): Promise<Statistics> {
  const text = token.trim();
  if (!text.startsWith(PREFIX)) throw bad(`A baseline of this version begins with '${PREFIX}'.`);
  const bytes = decoded(text.slice(PREFIX.length));
  const content = bytes.subarray(0, Math.max(bytes.length - CHECKSUM_BYTES, 0));
  const expected = await checksum(content);
  const isWhole = bytes.length > CHECKSUM_BYTES && expected.every((byte, i) => bytes[content.length + i] === byte);
  if (!isWhole) throw bad('The baseline is damaged: give the whole of it, unchanged.');
  const name = new TextEncoder().encode(kind);
  const isOfKind = name.every((byte, i) => content[i] === byte);
  if (!isOfKind || content.length !== name.length + COUNT_BYTES + 2 * NUMBER_BYTES * width) {
    throw bad("The baseline was made for other features than this model's: compare their `baseline_kind`.");
  }
  const view = new DataView(content.buffer, content.byteOffset + name.length);
  const count = Number(view.getBigUint64(0, true));
  const values = Float64Array.from({ length: 2 * width }, (_, i) =>
    view.getFloat64(COUNT_BYTES + NUMBER_BYTES * i, true),
  );
  const found = { count, sum: values.slice(0, width), sumSquares: values.slice(width) };
  if (!isPlausible(found)) throw bad("No frames have the baseline's statistics.");
  return found;
}

function isPlausible({ count, sum, sumSquares }: Statistics): boolean {
  if (!(count > 0 && count <= MAX_COUNT)) return false;
  return sum.every((summed, i) => {
    const mean = summed / count;
    const power = (sumSquares[i] ?? NaN) / count;
    // Of NaN, each comparison is false.
    return (
      Math.abs(mean) <= MAX_VALUE &&
      power <= MAX_VALUE ** 2 &&
      power * (1 + 1e-9) + 1e-9 >= mean ** 2
    );
  });
}

function bad(message: string): Problem {
  return new Problem('bad_baseline', message);
}

async function checksum(content: Uint8Array): Promise<Uint8Array> {
  if (!(crypto.subtle as SubtleCrypto | undefined)) {
    throw new Problem('unsupported', 'Baselines need a page that came by https, or from this machine.');
  }
  // A copy, as a view may be of shared memory, which is not hashed.
  const digest = await crypto.subtle.digest('SHA-256', new Uint8Array(content));
  return new Uint8Array(digest, 0, CHECKSUM_BYTES);
}

function encoded(bytes: Uint8Array): string {
  const text = btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(''));
  return text.replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');
}

function decoded(text: string): Uint8Array {
  try {
    const found = atob(text.replaceAll('-', '+').replaceAll('_', '/'));
    const bytes = Uint8Array.from(found, (letter) => letter.charCodeAt(0));
    // What is no letter of the alphabet is skipped by some decoders.
    return encoded(bytes) === text ? bytes : new Uint8Array();
  } catch {
    return new Uint8Array();
  }
}
