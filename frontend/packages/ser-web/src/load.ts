import { InferenceSession, env } from 'onnxruntime-web/wasm';
import { isDescription, type Description } from './description';
import { EmotionModel } from './model';
import { Network } from './network';
import { Problem } from './problem';
import { SpeechDetector } from './speech';

export interface LoadOptions {
  /** Address or content of the model's `model.onnx`; without it, it is where the description says. */
  network?: string | Uint8Array;
  /** Address or content of `silero_vad.onnx`, Silero's network as the server runs it. Without it, everything counts as speech. */
  speechDetector?: string | Uint8Array;
  /** Called with the bytes that have arrived, and how many there are in all where that is known. */
  onProgress?: (loaded: number, total: number | undefined) => void;
  signal?: AbortSignal;
  /** Sent to the server that describes the model, and to no other: `Authorization`, where it asks for a key. */
  headers?: Record<string, string>;
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
    throw new Problem('unsupported', 'This browser has no WebAssembly with SIMD.');
  }
  const { signal, speechDetector, onProgress, headers = {} } = options;
  // Node has no location.
  const base = new URL(url, (globalThis.location as Location | undefined)?.href);
  const get = (file: URL) =>
    fetched(file, { headers: file.origin === base.origin ? headers : {}, ...(signal && { signal }) });
  const description = await describe(base, get);
  const progress = new Progress(onProgress);
  const [network, detector] = await Promise.all([
    contentOf(options.network ?? description.onnx_url, base, get, progress, signal),
    speechDetector === undefined ? undefined : contentOf(speechDetector, base, get, progress, signal),
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
    return new EmotionModel(description, new Network(session, description), detector);
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

async function describe(url: URL, get: Get): Promise<Description> {
  const response = await get(url);
  const found: unknown = await response.json().catch(() => undefined);
  if (!isDescription(found)) {
    throw new Problem('model_unavailable', `${url.pathname} describes no model that can be used here.`);
  }
  return found;
}

type Get = (url: URL) => Promise<Response>;

async function fetched(url: URL, options: RequestInit): Promise<Response> {
  let response: Response;
  try {
    response = await fetch(url, options);
  } catch (error) {
    options.signal?.throwIfAborted();
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
  get: Get,
  progress: Progress,
  signal: AbortSignal | undefined,
): Promise<Uint8Array> {
  if (typeof file !== 'string') return file;
  const url = new URL(file, base);
  const response = await get(url);
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
