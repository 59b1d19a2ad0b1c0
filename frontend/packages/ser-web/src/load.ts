import { InferenceSession, Tensor, env } from 'onnxruntime-web/wasm';
import { answerOf, type Answer } from './answer';
import { FRAME_S, added, blended, fromToken, toToken, type Statistics } from './baseline';
import { isDescription, type Description } from './description';
import { Problem } from './problem';
import { SpeechDetector } from './speech';

export interface LoadOptions {
  /** Address or content of the model's `model.onnx`; without it, it is where the description says. */
  network?: string | Uint8Array;
  /** Address or content of Silero's `silero_vad_16k_sequence.onnx`. Without it, everything counts as speech. */
  speechDetector?: string | Uint8Array;
  /** Called with the bytes that have arrived, and how many there are in all where that is known. */
  onProgress?: (loaded: number, total: number | undefined) => void;
  signal?: AbortSignal;
}

export interface PredictOptions {
  /** The speaker's own statistics, as a token of this package or of the server. */
  baseline?: string | undefined;
  /** Asks for the baseline together with this sound's statistics. */
  adapt?: boolean | undefined;
}

export interface AnswerWithBaseline extends Answer {
  /** With `adapt`: the token to give next time. */
  baseline?: string;
  /** How much speech it was made from. */
  baseline_speech_s?: number;
}

/** A learnt voice: the token to give with each sound, and how much speech it was made from. */
export interface LearntVoice {
  baseline: string;
  speech_s: number;
}

/** 0.1 s, as `ser.features.trimming`. */
const MIN_SAMPLES = 1600;
/** As `ser.models.baseline`: of a first baseline, so much in all, and so much of it speech without pauses. */
const MIN_BASELINE_S = 5;
const MIN_DETECTED_S = 2;
const EMPTY = new Float32Array(0);

/** A model, ready to answer. */
export class EmotionModel {
  readonly description: Description;
  readonly #session: InferenceSession;
  readonly #detector: SpeechDetector | undefined;

  constructor(
    description: Description,
    session: InferenceSession,
    detector: SpeechDetector | undefined,
  ) {
    this.description = description;
    this.#session = session;
    this.#detector = detector;
  }

  /**
   * The emotion of a voice.
   *
   * @param samples - 16 kHz, mono, full scale at -1 and 1.
   * @throws Problem `too_short`, `no_speech`, or `bad_baseline`.
   */
  async predict(
    samples: Float32Array,
    { baseline, adapt }: PredictOptions = {},
  ): Promise<AnswerWithBaseline> {
    const known = baseline ? await this.#statisticsOf(baseline) : undefined;
    const output = `clip_${this.description.onnx_output}`;
    const asked = new Set([output, 'clip_probabilities']);
    if (this.description.tells_intensity) asked.add('clip_intensity');
    const { found, own } = await this.#heard(finite(samples), known, [...asked]);
    const numbers = (name: string) => found[name]?.data as Float32Array;
    const answer = answerOf(
      {
        probabilities: numbers(output),
        network: numbers('clip_probabilities'),
        intensity: this.description.tells_intensity ? numbers('clip_intensity')[0] : undefined,
        speechS: own.count * FRAME_S,
      },
      this.description,
    );
    if (!adapt || !this.description.takes_baseline) return answer;
    const grown = known ? added(known, own) : own;
    const voice = await this.#voiceOf(grown);
    return { ...answer, baseline: voice.baseline, baseline_speech_s: voice.speech_s };
  }

  /**
   * A speaker's own statistics, of ordinary speech.
   *
   * @param samples - as in `predict`.
   * @throws Problem as `predict`; `baseline_too_short`: less than 5 s of speech, or mostly pauses.
   */
  async learn(samples: Float32Array): Promise<LearntVoice> {
    const clean = finite(samples);
    const { own } = await this.#heard(clean, undefined, []);
    const voice = await this.#voiceOf(own);
    if (own.count * FRAME_S < MIN_BASELINE_S) {
      throw new Problem(
        'baseline_too_short',
        `${voice.speech_s.toFixed(1)} s of speech were found; at least ${MIN_BASELINE_S} s are needed.`,
      );
    }
    const detectedS = (await this.#detector?.speechS(clean, MIN_DETECTED_S)) ?? MIN_DETECTED_S;
    if (detectedS < MIN_DETECTED_S) {
      throw new Problem(
        'baseline_too_short',
        `In ${voice.speech_s.toFixed(1)} s, only ${detectedS.toFixed(1)} s are speech and the rest is pauses; speak on.`,
      );
    }
    return voice;
  }

  /** Frees its memory. */
  async release(): Promise<void> {
    await Promise.all([this.#session.release(), this.#detector?.release()]);
  }

  async #heard(samples: Float32Array, known: Statistics | undefined, outputs: readonly string[]) {
    const asked = [...outputs, 'length', 'count', 'sum', 'sum_squares'];
    const found = await this.#session.run(this.#inputs(samples, known), asked);
    const whole = (name: string) => Number((found[name]?.data as BigInt64Array)[0]);
    if (whole('length') < MIN_SAMPLES) {
      throw new Problem('too_short', 'Less than 0.1 s of sound is left after trimming silence.');
    }
    if (this.#detector && !(await this.#detector.hasSpeech(samples))) {
      throw new Problem(
        'no_speech',
        'Only silence, noise or other sounds were found; speak, or check the microphone.',
      );
    }
    const own: Statistics = {
      count: whole('count'),
      sum: found.sum?.data as Float64Array,
      sumSquares: found.sum_squares?.data as Float64Array,
    };
    return { found, own };
  }

  async #voiceOf(statistics: Statistics): Promise<LearntVoice> {
    return {
      baseline: await toToken(statistics, this.description.baseline_kind),
      speech_s: Math.round(100 * statistics.count * FRAME_S) / 100,
    };
  }

  #inputs(samples: Float32Array, known: Statistics | undefined) {
    const { scaling, prior_frames: priorFrames } = this.description;
    const width = this.#width;
    const tensor = (data: Float32Array, ...shape: number[]) => new Tensor('float32', data, shape);
    const own = known && scaling ? blended(known, scaling, priorFrames) : { mean: EMPTY, scale: EMPTY };
    const all = {
      waveform: tensor(samples, samples.length),
      frames: tensor(EMPTY, 0, 0, width),
      mean: tensor(own.mean, own.mean.length),
      scale: tensor(own.scale, own.scale.length),
    };
    return Object.fromEntries(Object.entries(all).filter(([name]) => this.#session.inputNames.includes(name)));
  }

  get #width(): number {
    const frames = this.#session.inputMetadata.find(({ name }) => name === 'frames');
    const last = frames?.isTensor ? frames.shape.at(-1) : undefined;
    return typeof last === 'number' ? last : 0;
  }

  async #statisticsOf(baseline: string): Promise<Statistics> {
    const { name, takes_baseline: takesBaseline, baseline_kind: kind } = this.description;
    if (!takesBaseline) throw new Problem('bad_baseline', `'${name}' takes no baseline.`);
    return fromToken(baseline, kind, this.#width);
  }
}

/**
 * A model of a server, or of files that were copied from one.
 *
 * @param url - of `GET /models/<name>`, or of a copy of its answer.
 * @throws Problem `unsupported`: the browser has no WebAssembly with SIMD. `model_unavailable`: a file is not
 *   there, is cut off, is another one than described, or takes no waveform.
 */
export async function load(url: string, options: LoadOptions = {}): Promise<EmotionModel> {
  if (!canRun()) {
    throw new Problem('unsupported', 'This browser has no WebAssembly with SIMD: use the server.');
  }
  const { signal, speechDetector, onProgress } = options;
  // Node has no location.
  const base = new URL(url, (globalThis.location as Location | undefined)?.href);
  const description = await describe(base, signal);
  const progress = new Progress(onProgress);
  const [network, detector] = await Promise.all([
    contentOf(options.network ?? description.onnx_url, base, signal, progress),
    speechDetector === undefined ? undefined : contentOf(speechDetector, base, signal, progress),
  ]);
  return fromFiles(description, network, detector);
}

/** As `load`, of files that are there already. */
export async function fromFiles(
  description: Description,
  network: Uint8Array,
  speechDetector?: Uint8Array,
): Promise<EmotionModel> {
  // More need a page that is isolated from other origins.
  if (!globalThis.crossOriginIsolated) env.wasm.numThreads = 1;
  await requireHash(description, network);
  const session = await sessionOf(network, description.name);
  try {
    if (!session.inputNames.includes('waveform')) {
      throw new Problem(
        'model_unavailable',
        `'${description.name}' takes no waveform: its features are computed by the server only.`,
      );
    }
    const detector =
      speechDetector && new SpeechDetector(await sessionOf(speechDetector, 'the speech detector'));
    return new EmotionModel(description, session, detector);
  } catch (error) {
    await session.release();
    throw error;
  }
}

/** Whether this browser can run a model. */
export function canRun(): boolean {
  // The least module with an instruction of SIMD: i8x16.splat, i8x16.popcnt.
  const bytes = [0, 97, 115, 109, 1, 0, 0, 0, 1, 5, 1, 96, 0, 1, 123, 3, 2, 1, 0, 10, 10, 1, 8, 0, 65, 0];
  const simd = new Uint8Array([...bytes, 253, 15, 253, 98, 11]);
  return typeof WebAssembly === 'object' && WebAssembly.validate(simd);
}

function finite(samples: Float32Array): Float32Array {
  if (samples.every(Number.isFinite)) return samples;
  return samples.map((value) => (Number.isFinite(value) ? value : 0));
}

async function sessionOf(content: Uint8Array, name: string): Promise<InferenceSession> {
  try {
    return await InferenceSession.create(content, { logSeverityLevel: 3 });
  } catch (error) {
    throw new Problem('model_unavailable', `ONNX Runtime cannot load '${name}': ${String(error)}`, {
      cause: error,
    });
  }
}

async function requireHash({ name, onnx_sha256: expected }: Description, content: Uint8Array): Promise<void> {
  // Only on pages that came by https, or from this machine.
  const subtle = (globalThis.crypto as Crypto | undefined)?.subtle;
  if (!expected || !subtle) return;
  const digest = new Uint8Array(await subtle.digest('SHA-256', new Uint8Array(content)));
  const found = Array.from(digest, (byte) => byte.toString(16).padStart(2, '0')).join('');
  if (found !== expected) {
    throw new Problem('model_unavailable', `The file of '${name}' is cut off, or of another version: load it again.`);
  }
}

async function describe(url: URL, signal: AbortSignal | undefined): Promise<Description> {
  const response = await fetched(url, signal);
  const found: unknown = await response.json().catch(() => undefined);
  if (!isDescription(found)) {
    throw new Problem('model_unavailable', `${url.pathname} describes no model that can be used here.`);
  }
  return found;
}

async function fetched(url: URL, signal: AbortSignal | undefined): Promise<Response> {
  let response: Response;
  try {
    response = await fetch(url, signal ? { signal } : {});
  } catch (error) {
    signal?.throwIfAborted();
    throw new Problem('model_unavailable', `${url.pathname} cannot be reached.`, { cause: error });
  }
  if (!response.ok) {
    throw new Problem('model_unavailable', `${url.pathname} is not there (${response.status}).`);
  }
  return response;
}

async function contentOf(
  file: string | Uint8Array,
  base: URL,
  signal: AbortSignal | undefined,
  progress: Progress,
): Promise<Uint8Array> {
  if (typeof file !== 'string') return file;
  const url = new URL(file, base);
  const response = await fetched(url, signal);
  const { headers, body } = response;
  // Of a compressed answer, it is the length of what is sent.
  const total = headers.has('Content-Encoding') ? undefined : Number(headers.get('Content-Length')) || undefined;
  const count = progress.file(total);
  if (!body) return new Uint8Array(await response.arrayBuffer());
  const parts: Uint8Array[] = [];
  const reader = body.getReader();
  try {
    for (let read = await reader.read(); !read.done; read = await reader.read()) {
      parts.push(read.value);
      count(read.value.length);
    }
  } catch (error) {
    signal?.throwIfAborted();
    throw new Problem('model_unavailable', `${url.pathname} stopped arriving.`, { cause: error });
  }
  return new Uint8Array(await new Blob(parts as BlobPart[]).arrayBuffer());
}

/** Adds up the files that are loaded at once. */
class Progress {
  readonly #onProgress: LoadOptions['onProgress'];
  #loaded = 0;
  #total: number | undefined = 0;

  constructor(onProgress: LoadOptions['onProgress']) {
    this.#onProgress = onProgress;
  }

  file(total: number | undefined): (bytes: number) => void {
    this.#total = this.#total === undefined || total === undefined ? undefined : this.#total + total;
    return (bytes) => {
      this.#loaded += bytes;
      this.#onProgress?.(this.#loaded, this.#total);
    };
  }
}
