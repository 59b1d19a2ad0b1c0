import { Tensor, type InferenceSession, type TypedTensor } from 'onnxruntime-web/wasm';
import { SAMPLE_RATE_HZ } from './decode';

/** 32 ms. */
export const CHUNK_LENGTH = 512;
/** Of the samples before a chunk, the detector sees so many. */
const CONTEXT_LENGTH = 64;
const STATE_SIZE = 128;
/** 1 s at a time: the detector stops as soon as there is enough speech. */
const BATCH_CHUNKS = 32;

/** The rule of `ser.speech.gate`, and its levels. A chunk of this probability is speech. */
export const THRESHOLD = 0.5;
const TARGET_PEAK = 0.5;
const MAX_GAIN = 10 ** 1.5;
const MIN_SPEECH_SHARE = 0.15;
const MIN_SPEECH_CHUNKS = 2;
const ENOUGH_SPEECH_CHUNKS = 7;
const SLOWED = 1.5;
const MAX_SLOWED_S = 10;
/** Of a sound that comes in pieces, the running peak falls by 20 dB in 10 s. */
const FALL_DB = (20 / (10 * SAMPLE_RATE_HZ)) * CHUNK_LENGTH;
const LEAST_PEAK = 1e-6;

/** Silero's detector of speech, in the graph that the server runs, too. */
export class SpeechDetector {
  readonly #session: InferenceSession;

  constructor(session: InferenceSession) {
    this.#session = session;
  }

  /** Frees its memory. */
  async release(): Promise<void> {
    await this.#session.release();
  }

  /**
   * Whether somebody speaks: in 15 % of all chunks of 32 ms, 2 at least, 7 are always enough. The detector
   * often misses shouting, so it sees a sound of up to 10 s once more, slower and deeper.
   *
   * @param samples - 16 kHz, mono.
   */
  async hasSpeech(samples: Float32Array): Promise<boolean> {
    if (!samples.some((value) => value !== 0)) return false;
    if (await this.#hasEnough(samples)) return true;
    if (samples.length > MAX_SLOWED_S * SAMPLE_RATE_HZ) return false;
    return this.#hasEnough(slowed(samples));
  }

  /**
   * How many seconds are speech, up to about `enoughS`; pauses do not count. If that is not enough, the first
   * 10 s are counted once more, slowed down.
   */
  async speechS(samples: Float32Array, enoughS: number): Promise<number> {
    if (!samples.some((value) => value !== 0)) return 0;
    const chunkS = CHUNK_LENGTH / SAMPLE_RATE_HZ;
    const enough = Math.ceil(enoughS / chunkS);
    const found = await this.#count(samples, enough);
    if (found >= enough) return found * chunkS;
    const slower = slowed(samples.subarray(0, MAX_SLOWED_S * SAMPLE_RATE_HZ));
    const again = await this.#count(slower, Math.ceil(enough * SLOWED));
    return Math.max(found, again / SLOWED) * chunkS;
  }

  async #hasEnough(samples: Float32Array): Promise<boolean> {
    const share = roundedHalfEven(MIN_SPEECH_SHARE * Math.ceil(samples.length / CHUNK_LENGTH));
    const needed = Math.min(Math.max(share, MIN_SPEECH_CHUNKS), ENOUGH_SPEECH_CHUNKS);
    return (await this.#count(samples, needed)) === needed;
  }

  /** How many chunks are speech; it stops as soon as there are enough. */
  async #count(samples: Float32Array, enough: number): Promise<number> {
    let found = 0;
    for await (const probabilities of this.#probabilities(amplified(samples))) {
      found += probabilities.filter((p) => p >= THRESHOLD).length;
      if (found >= enough) return enough;
    }
    return found;
  }

  async *#probabilities(samples: Float32Array): AsyncGenerator<Float32Array> {
    const chunks = new Chunks(this.#session);
    const padded = new Float32Array(Math.ceil(samples.length / CHUNK_LENGTH) * CHUNK_LENGTH);
    padded.set(samples);
    for (let at = 0; at < padded.length; at += BATCH_CHUNKS * CHUNK_LENGTH) {
      yield await chunks.probabilities(padded.subarray(at, at + BATCH_CHUNKS * CHUNK_LENGTH));
    }
  }

  /** For one sound that comes in pieces; `firstPeakDb` is the level that counts as the one before it. */
  running(firstPeakDb: number): RunningDetector {
    return new RunningDetector(this.#session, firstPeakDb);
  }
}

type State = TypedTensor<'float32'>;

/** Silero's graph over one sound, which it remembers. */
class Chunks {
  readonly #session: InferenceSession;
  readonly #context = new Float32Array(CONTEXT_LENGTH);
  /** What the graph remembers. */
  #h: State = new Tensor('float32', new Float32Array(STATE_SIZE), [1, 1, STATE_SIZE]);
  #c: State = this.#h;

  constructor(session: InferenceSession) {
    this.#session = session;
  }

  /** How likely each chunk is speech, 0-1; `samples` are whole chunks. */
  async probabilities(samples: Float32Array): Promise<Float32Array> {
    const rows = samples.length / CHUNK_LENGTH;
    const width = CONTEXT_LENGTH + CHUNK_LENGTH;
    const known = new Float32Array(CONTEXT_LENGTH + samples.length);
    known.set(this.#context);
    known.set(samples, CONTEXT_LENGTH);
    const input = new Float32Array(rows * width);
    for (let row = 0; row < rows; row += 1) {
      input.set(known.subarray(row * CHUNK_LENGTH, row * CHUNK_LENGTH + width), row * width);
    }
    this.#context.set(known.subarray(samples.length));
    const tensor = new Tensor('float32', input, [rows, width]);
    const found = await this.#session.run({ input: tensor, h: this.#h, c: this.#c });
    this.#h = found.hn as State;
    this.#c = found.cn as State;
    return found.speech_probs?.data as Float32Array;
  }
}

/**
 * Detects speech in one sound that comes in pieces, as `ser.speech.detector.SpeechDetector`: quiet sounds are
 * amplified to a running peak of 0.5, by 30 dB at most.
 */
export class RunningDetector {
  readonly #chunks: Chunks;
  #peakDb: number;
  #rest = new Float32Array(0);

  constructor(session: InferenceSession, firstPeakDb: number) {
    this.#chunks = new Chunks(session);
    this.#peakDb = firstPeakDb;
  }

  /** How likely each chunk is speech, 0-1; samples that fill no chunk wait for the next call. */
  async probabilities(samples: Float32Array): Promise<Float32Array> {
    const all = new Float32Array(this.#rest.length + samples.length);
    all.set(this.#rest);
    all.set(samples, this.#rest.length);
    const length = all.length - (all.length % CHUNK_LENGTH);
    this.#rest = all.slice(length);
    const chunks = all.subarray(0, length);
    for (let at = 0; at < length; at += CHUNK_LENGTH) this.#level(chunks.subarray(at, at + CHUNK_LENGTH));
    return length === 0 ? chunks : this.#chunks.probabilities(chunks);
  }

  #level(chunk: Float32Array): void {
    const peakDb = 20 * Math.log10(Math.max(peakOf(chunk), LEAST_PEAK));
    this.#peakDb = Math.max(this.#peakDb - FALL_DB, peakDb);
    const gain = Math.min(Math.max(TARGET_PEAK / 10 ** (this.#peakDb / 20), 1), MAX_GAIN);
    chunk.forEach((value, i) => {
      chunk[i] = value * gain;
    });
  }
}

/** As Python rounds. */
function roundedHalfEven(value: number): number {
  const down = Math.floor(value);
  return value - down === 0.5 ? down + (down % 2) : Math.round(value);
}

function peakOf(samples: Float32Array): number {
  return samples.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
}

/** Quiet sounds at a peak of 0.5, by 30 dB at most. */
function amplified(samples: Float32Array): Float32Array {
  const peak = peakOf(samples);
  if (peak >= TARGET_PEAK) return samples;
  const gain = Math.min(TARGET_PEAK / peak, MAX_GAIN);
  return samples.map((value) => value * gain);
}

function slowed(samples: Float32Array): Float32Array {
  const last = samples.length - 1;
  return Float32Array.from({ length: Math.floor(samples.length * SLOWED) }, (_, i) => {
    const at = Math.min(i / SLOWED, last);
    const before = samples[Math.floor(at)] ?? 0;
    return before + (at - Math.floor(at)) * ((samples[Math.ceil(at)] ?? 0) - before);
  });
}
