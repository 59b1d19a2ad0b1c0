import { Tensor, type InferenceSession } from 'onnxruntime-web/wasm';
import type { NetworkAnswer } from './answer';
import { blended, type Statistics } from './baseline';
import type { Description } from './description';
import { Frames } from './frames';

/** 0.1 s, as `ser.features.trimming`. */
const MIN_SAMPLES = 1600;
const EMPTY = new Float32Array(0);

/** What a whole sound gives. */
export interface ClipOutputs {
  answer: NetworkAnswer;
  /** Of its frames. */
  statistics: Statistics;
}

/** Mean and deviation to scale frames with; empty for those of the training speakers. */
export interface OwnScaling {
  mean: Float32Array;
  scale: Float32Array;
}

const NOT_KNOWN: OwnScaling = { mean: EMPTY, scale: EMPTY };

/** A model's `model.onnx`. */
export class Network {
  readonly #session: InferenceSession;
  readonly #description: Description;
  /** How many features a frame has. */
  readonly width: number;

  constructor(session: InferenceSession, description: Description) {
    this.#session = session;
    this.#description = description;
    const frames = session.inputMetadata.find(({ name }) => name === 'frames');
    const last = frames?.isTensor ? frames.shape.at(-1) : undefined;
    this.width = typeof last === 'number' ? last : 0;
  }

  async release(): Promise<void> {
    await this.#session.release();
  }

  /** What a speaker's frames are scaled with. */
  scalingOf(known: Statistics | undefined): OwnScaling {
    const { scaling, prior_frames: priorFrames } = this.#description;
    return known && scaling ? blended(known, scaling, priorFrames) : NOT_KNOWN;
  }

  /** The answer for a whole sound; undefined where less than 0.1 s is left after trimming silence. */
  async clip(samples: Float32Array, own: OwnScaling): Promise<ClipOutputs | undefined> {
    const asked = [...this.#answers('clip_'), 'length', 'count', 'sum', 'sum_squares'];
    const found = await this.#run({ waveform: samples, own }, asked);
    if (whole(found, 'length') < MIN_SAMPLES) return undefined;
    const [answer] = this.#rows(found, 'clip_', 1);
    if (!answer) return undefined;
    const statistics = {
      count: whole(found, 'count'),
      sum: found.sum?.data as Float64Array,
      sumSquares: found.sum_squares?.data as Float64Array,
    };
    return { answer, statistics };
  }

  /** The frames of a sound; undefined where less than 0.1 s is left after trimming silence. */
  async frames(samples: Float32Array): Promise<Frames | undefined> {
    const found = await this.#run({ waveform: samples, own: NOT_KNOWN }, ['clip_frames', 'start', 'length']);
    if (whole(found, 'length') < MIN_SAMPLES) return undefined;
    return new Frames(found.clip_frames?.data as Float32Array, this.width, whole(found, 'start'));
  }

  /** The answers for windows of frames that are equally long, in their order. */
  async windows(windows: readonly Float32Array[], own: OwnScaling): Promise<NetworkAnswer[]> {
    const length = windows[0]?.length ?? 0;
    const values = new Float32Array(windows.length * length);
    windows.forEach((window, i) => {
      values.set(window, i * length);
    });
    const frames = new Tensor('float32', values, [windows.length, length / this.width, this.width]);
    const found = await this.#run({ frames, own }, this.#answers(''));
    return this.#rows(found, '', windows.length);
  }

  #answers(prefix: 'clip_' | ''): string[] {
    const { onnx_output: output, tells_intensity: tellsIntensity } = this.#description;
    const names = new Set([output, 'probabilities', ...(tellsIntensity ? ['intensity'] : [])]);
    return Array.from(names, (name) => prefix + name);
  }

  #rows(found: Outputs, prefix: 'clip_' | '', count: number): NetworkAnswer[] {
    const { emotions, network_labels: labels, onnx_output: output } = this.#description;
    const row = (name: string, i: number, size: number) =>
      (found[prefix + name]?.data as Float32Array).subarray(i * size, (i + 1) * size);
    return Array.from({ length: count }, (_, i) => ({
      probabilities: row(output, i, emotions.length),
      network: row('probabilities', i, labels.length),
      intensity: this.#description.tells_intensity ? row('intensity', i, 1)[0] : undefined,
    }));
  }

  async #run(
    { waveform = EMPTY, frames, own }: { waveform?: Float32Array; frames?: Tensor; own: OwnScaling },
    asked: readonly string[],
  ): Promise<Outputs> {
    const vector = (data: Float32Array) => new Tensor('float32', data, [data.length]);
    // Runtimes for browsers know no inputs that may be missing: an empty one is left out.
    const all = {
      waveform: vector(waveform),
      frames: frames ?? new Tensor('float32', EMPTY, [0, 0, this.width]),
      mean: vector(own.mean),
      scale: vector(own.scale),
    };
    const known = Object.entries(all).filter(([name]) => this.#session.inputNames.includes(name));
    return this.#session.run(Object.fromEntries(known), [...asked]);
  }
}

type Outputs = Awaited<ReturnType<InferenceSession['run']>>;

function whole(found: Outputs, name: string): number {
  return Number((found[name]?.data as BigInt64Array)[0]);
}
