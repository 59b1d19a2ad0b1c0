import type { Prediction } from '@/lib/apiSchemas';
import { isTemporary, toProblem, type Problem } from '@/lib/problem';
import { backOffS } from '@/lib/retries';
import type { Chunk } from '@/lib/microphone/chunk';

export type Connection = { kind: 'up' } | { kind: 'down'; problem: Problem; retryInS: number };

export interface ChunkSenderOptions<C extends Chunk> {
  predict: (chunk: C, signal: AbortSignal) => Promise<Prediction>;
  /** Resolves when the server can predict again. */
  checkHealth: (signal: AbortSignal) => Promise<unknown>;
  /** `prediction` is `null` where there was no speech. */
  onResult: (chunk: C, prediction: Prediction | null) => void;
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

  /** Call after the last chunk. A request that is open may still be answered. */
  finish(): void {
    this.#isFinished = true;
    if (this.#isDown) this.close();
  }

  /** Aborts; chunks without an answer count as skipped. */
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
      this.#options.onResult(chunk, prediction);
    } catch (error) {
      if (signal.aborted) return;
      // First, because `#takeProblem` may close: the chunk must be counted as skipped once only.
      this.#isSending = false;
      this.#takeProblem(chunk, toProblem(error));
    } finally {
      this.#isSending = false;
      this.#sendNext();
    }
  }

  #takeProblem(chunk: C, problem: Problem): void {
    if (isTemporary(problem)) {
      this.#keepForLater(chunk);
      this.#goDown(problem);
      return;
    }
    this.#failedTries = 0;
    if (problem.code === 'no_speech') this.#options.onResult(chunk, null);
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
