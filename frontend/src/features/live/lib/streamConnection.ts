import { ownWordsProblem, serverAwayProblem } from '../../../lib/apiProblem';
import type { Problem } from '../../../lib/problem';
import { readStreamMessage, type StreamMessage } from './streamMessages';

export const HOP_S = 0.5;

/** What is recorded until the server is ready; more would come faster than it likes. */
const MOST_WAITING_FRAMES = 20;

/** As much unsent sound is a network that does not keep up. */
const MOST_UNSENT_S = 5;

const BYTES_PER_SAMPLE = 2;

/** How long the server may take for its last words. */
const FAREWELL_MS = 3000;

export interface StreamConfig {
  sampleRateHz: number;
  model: string | undefined;
  baseline: string | undefined;
  adapt: boolean;
}

/** 16-bit PCM with the time at which it begins, by the clock of the page. */
export interface Frame {
  pcm: ArrayBuffer;
  startMs: number;
}

export type LiveMessage = Exclude<StreamMessage, { type: 'error' }>;

export interface StreamConnectionEvents {
  /** `toPageMs` makes a time of the stream one of the page. */
  onMessage: (message: LiveMessage, toPageMs: (streamMs: number) => number) => void;
  /** A frame that was refused; the stream goes on. */
  onRefused: (problem: Problem) => void;
  /** The connection is gone without having been told to. */
  onLost: (problem: Problem) => void;
}

export const networkSlowProblem: Problem = {
  code: 'network_slow',
  title: 'The network is too slow to stream',
  remedy: 'Turn streaming off: pieces of 3 seconds need less.',
};

function streamUrl({ protocol, host }: Location): string {
  return `${protocol === 'https:' ? 'wss' : 'ws'}://${host}/stream`;
}

/** One WebSocket from its config to its end. */
export class StreamConnection {
  readonly #config: StreamConfig;
  readonly #events: StreamConnectionEvents;
  #onGone: (problem: Problem) => void;
  readonly #socket = new WebSocket(streamUrl(window.location));
  #waiting: Frame[] = [];
  #isReady = false;
  #isOver = false;
  #firstSampleMs: number | undefined;
  /** Why the server is about to close. */
  #lastWords: Problem | undefined;
  #farewell: ReturnType<typeof setTimeout> | undefined;

  constructor(config: StreamConfig, events: StreamConnectionEvents) {
    this.#config = config;
    this.#events = events;
    this.#onGone = events.onLost;
    this.#socket.addEventListener('open', () => {
      this.#introduce();
    });
    this.#socket.addEventListener('message', ({ data }) => {
      if (!this.#isOver) this.#take(readStreamMessage(data));
    });
    this.#socket.addEventListener('close', () => {
      this.#lose(this.#lastWords ?? serverAwayProblem());
    });
  }

  send(frame: Frame): void {
    if (this.#isOver) return;
    if (this.#isReady) {
      this.#sendNow(frame);
      return;
    }
    this.#waiting.push(frame);
    if (this.#waiting.length > MOST_WAITING_FRAMES) this.#waiting.shift();
  }

  /** Asks for what is left to be said; `onDone` when that is all. */
  finish(onDone: () => void): void {
    if (this.#isOver) return;
    if (!this.#isReady) {
      this.close();
      onDone();
      return;
    }
    this.#onGone = onDone;
    this.#socket.send(JSON.stringify({ type: 'end' }));
    this.#farewell = setTimeout(() => {
      this.#lose(serverAwayProblem());
    }, FAREWELL_MS);
  }

  /** Says and hears nothing any more. */
  close(): void {
    this.#isOver = true;
    clearTimeout(this.#farewell);
    this.#socket.close();
  }

  #introduce(): void {
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
    const problem = ownWordsProblem(message);
    if (problem.code === 'bad_frame') this.#events.onRefused(problem);
    else this.#lastWords = problem;
  }

  #begin(): void {
    this.#isReady = true;
    for (const frame of this.#waiting) this.#sendNow(frame);
    this.#waiting = [];
  }

  #sendNow({ pcm, startMs }: Frame): void {
    const unsentS =
      this.#socket.bufferedAmount / (this.#config.sampleRateHz * BYTES_PER_SAMPLE);
    if (unsentS > MOST_UNSENT_S) {
      this.#lose(networkSlowProblem);
      return;
    }
    this.#firstSampleMs ??= startMs;
    this.#socket.send(pcm);
  }

  #lose(problem: Problem): void {
    if (this.#isOver) return;
    this.close();
    this.#onGone(problem);
  }
}
