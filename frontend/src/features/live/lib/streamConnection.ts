import { accessKey } from '@/lib/accessKey';
import { serverProblem, serverUnreachableProblem } from '@/lib/apiProblem';
import type { StreamOptions } from '@/lib/emotionService';
import { problemOf, type Problem } from '@/lib/problem';
import { apiUrl } from '@/lib/site';
import { encodePcm16 } from '@/lib/microphone/pcm16';
import { readStreamMessage, type StreamMessage } from './streamMessages';

export const HOP_S = 0.5;

/** Frames kept until the server is ready; more would exceed its rate limit. */
const MAX_QUEUED_FRAMES = 20;

/** More unsent audio means that the network is too slow. */
const MAX_UNSENT_S = 5;

const BYTES_PER_SAMPLE = 2;

/** How long to wait for the last results after `end`; a busy server needs seconds. */
const END_TIMEOUT_MS = 20_000;

export interface StreamConfig extends StreamOptions {
  model: string | undefined;
}

/** Mono samples in blocks, with their start time (`performance.now()`). */
export interface Frame {
  blocks: Float32Array[];
  startMs: number;
}

/** What answers a stream. */
export interface LiveConnection {
  send: (frame: Frame) => void;
  /** Asks for the last results and calls `onDone` when they have arrived. */
  finish: (onDone: () => void) => void;
  /** Closes at once and ignores what still arrives. */
  close: () => void;
}

export type LiveMessage = Exclude<StreamMessage, { type: 'error' }>;

export interface StreamConnectionEvents {
  /** `toPageMs` converts a time of the stream to `performance.now()`. */
  onMessage: (message: LiveMessage, toPageMs: (streamMs: number) => number) => void;
  /** The server refused a frame; the stream goes on. */
  onRefused: (problem: Problem) => void;
  /** The connection was lost. */
  onLost: (problem: Problem) => void;
}

export const networkSlowProblem = problemOf('network_slow', 'network_slow');

function streamUrl(): string {
  const url = new URL(`${apiUrl}/stream`, window.location.origin);
  url.protocol = url.protocol === 'https:' ? 'wss:' : 'ws:';
  return url.href;
}

/** One WebSocket connection, from its config message to its end. */
export class StreamConnection implements LiveConnection {
  readonly #config: StreamConfig;
  readonly #events: StreamConnectionEvents;
  #onGone: (problem: Problem) => void;
  readonly #socket = new WebSocket(streamUrl(), accessKey.protocols());
  #waiting: Frame[] = [];
  #isReady = false;
  #isOver = false;
  #firstSampleMs: number | undefined;
  /** The error that the server sent before it closes. */
  #closingProblem: Problem | undefined;
  #endTimer: ReturnType<typeof setTimeout> | undefined;

  constructor(config: StreamConfig, events: StreamConnectionEvents) {
    this.#config = config;
    this.#events = events;
    this.#onGone = events.onLost;
    this.#socket.addEventListener('open', () => {
      this.#sendConfig();
    });
    this.#socket.addEventListener('message', ({ data }) => {
      if (!this.#isOver) this.#take(readStreamMessage(data));
    });
    this.#socket.addEventListener('close', () => {
      this.#lose(this.#closingProblem ?? serverUnreachableProblem());
    });
  }

  send(frame: Frame): void {
    if (this.#isOver) return;
    if (this.#isReady) {
      this.#sendNow(frame);
      return;
    }
    this.#waiting.push(frame);
    if (this.#waiting.length > MAX_QUEUED_FRAMES) this.#waiting.shift();
  }

  finish(onDone: () => void): void {
    if (this.#isOver) return;
    if (!this.#isReady) {
      this.close();
      onDone();
      return;
    }
    this.#onGone = onDone;
    this.#socket.send(JSON.stringify({ type: 'end' }));
    this.#endTimer = setTimeout(() => {
      this.#lose(serverUnreachableProblem());
    }, END_TIMEOUT_MS);
  }

  close(): void {
    this.#isOver = true;
    clearTimeout(this.#endTimer);
    this.#socket.close();
  }

  #sendConfig(): void {
    const { sampleRateHz, model, baseline, adapt } = this.#config;
    const config = {
      type: 'config',
      sample_rate_hz: sampleRateHz,
      encoding: 's16le',
      model: model ?? null,
      hop_s: HOP_S,
      baseline: baseline ?? null,
      adapt,
    };
    this.#socket.send(JSON.stringify(config));
  }

  #take(message: StreamMessage | undefined): void {
    if (!message) return;
    if (message.type !== 'error') {
      if (message.type === 'ready') this.#begin();
      this.#events.onMessage(message, (streamMs) => (this.#firstSampleMs ?? 0) + streamMs);
      return;
    }
    const { retry_after_s: retryAfterS } = message;
    const problem = { ...serverProblem(message), ...(retryAfterS !== undefined && { retryAfterS }) };
    if (problem.code === 'bad_frame') this.#events.onRefused(problem);
    else this.#closingProblem = problem;
  }

  #begin(): void {
    this.#isReady = true;
    for (const frame of this.#waiting) this.#sendNow(frame);
    this.#waiting = [];
  }

  #sendNow({ blocks, startMs }: Frame): void {
    const unsentS =
      this.#socket.bufferedAmount / (this.#config.sampleRateHz * BYTES_PER_SAMPLE);
    if (unsentS > MAX_UNSENT_S) {
      this.#lose(networkSlowProblem);
      return;
    }
    this.#firstSampleMs ??= startMs;
    this.#socket.send(encodePcm16(blocks));
  }

  #lose(problem: Problem): void {
    if (this.#isOver) return;
    this.close();
    this.#onGone(problem);
  }
}
