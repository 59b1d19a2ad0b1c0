import type { Prediction } from '../../../lib/apiSchemas';
import { toProblem, type Problem } from '../../../lib/problem';
import { backOffS } from './backOff';
import type { Chunk } from './chunk';
import { isPassing } from './passingProblem';

export type Connection = { kind: 'up' } | { kind: 'down'; problem: Problem; retryInS: number };

export interface ChunkSenderOptions<C extends Chunk> {
  predict: (chunk: C, signal: AbortSignal) => Promise<Prediction>;
  /** Resolves when the server can predict again. */
  checkHealth: (signal: AbortSignal) => Promise<unknown>;
  /** `null` when there was no speech in the chunk. */
  onHeard: (chunk: C, prediction: Prediction | null) => void;
  onRefused: (problem: Problem) => void;
  onSkipped: () => void;
  onConnection: (connection: Connection) => void;
}

/**
 * Sends chunks so that the server is never flooded: one request at a time, and one chunk waiting,
 * which the newest replaces.
 */
export class ChunkSender<C extends Chunk = Chunk> {
  readonly #options: ChunkSenderOptions<C>;
  readonly #closing = new AbortController();
  #waiting: C | undefined;
  #isSending = false;
  #isDown = false;
  #isFinished = false;
  #failedTries = 0;
  #retryTimer: ReturnType<typeof setTimeout> | undefined;

  constructor(options: ChunkSenderOptions<C>) {
    this.#options = options;
  }

  offer(chunk: C): void {
    if (this.#closing.signal.aborted) return;
    if (this.#waiting) this.#options.onSkipped();
    this.#waiting = chunk;
    this.#sendNext();
  }

  /** No more chunks will come. What is on its way may still arrive, if the server is there. */
  finish(): void {
    this.#isFinished = true;
    if (this.#isDown) this.close();
  }

  /** What is given up counts as skipped. */
  close(): void {
    if (this.#closing.signal.aborted) return;
    this.#closing.abort();
    if (this.#isSending) this.#options.onSkipped();
    if (this.#waiting) this.#options.onSkipped();
    this.#waiting = undefined;
    clearTimeout(this.#retryTimer);
  }

  #sendNext(): void {
    const chunk = this.#waiting;
    if (!chunk || this.#isSending || this.#isDown) return;
    this.#waiting = undefined;
    this.#isSending = true;
    void this.#send(chunk);
  }

  async #send(chunk: C): Promise<void> {
    const { signal } = this.#closing;
    try {
      const prediction = await this.#options.predict(chunk, signal);
      if (signal.aborted) return;
      this.#failedTries = 0;
      this.#options.onHeard(chunk, prediction);
    } catch (error) {
      if (signal.aborted) return;
      // Before the problem is taken, which may give the chunk up: it is counted once.
      this.#isSending = false;
      this.#takeProblem(chunk, toProblem(error));
    } finally {
      this.#isSending = false;
      this.#sendNext();
    }
  }

  #takeProblem(chunk: C, problem: Problem): void {
    if (isPassing(problem)) {
      this.#keepForLater(chunk);
      this.#goDown(problem);
      return;
    }
    this.#failedTries = 0;
    if (problem.code === 'no_speech') this.#options.onHeard(chunk, null);
    else this.#options.onRefused(problem);
  }

  #keepForLater(chunk: C): void {
    if (this.#waiting) this.#options.onSkipped();
    else this.#waiting = chunk;
  }

  #goDown(problem: Problem): void {
    if (this.#isFinished) {
      this.close();
      return;
    }
    this.#isDown = true;
    const retryInS = backOffS(this.#failedTries, problem);
    this.#failedTries += 1;
    this.#options.onConnection({ kind: 'down', problem, retryInS });
    this.#retryTimer = setTimeout(() => void this.#tryAgain(), retryInS * 1000);
  }

  async #tryAgain(): Promise<void> {
    const { signal } = this.#closing;
    try {
      await this.#options.checkHealth(signal);
    } catch (error) {
      if (!signal.aborted) this.#goDown(toProblem(error));
      return;
    }
    if (signal.aborted) return;
    this.#isDown = false;
    this.#options.onConnection({ kind: 'up' });
    this.#sendNext();
  }
}
