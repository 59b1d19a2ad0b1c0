import { FRAME_S, added, type Statistics } from './baseline';
import { Cutter, type Piece, type Span } from './cutter';
import { SAMPLE_RATE_HZ } from './decode';
import type { Description } from './description';
import { QuantizedFrames, type Frames } from './frames';
import type { Network, OwnScaling } from './network';
import { nextTask } from './nextTask';
import type { Interval } from './segments';
import type { SpeechDetector } from './speech';
import { timelineOf, windowOf, type BaselineKind, type Timeline, type TimelineWindow } from './timeline';

const PROGRESS_EVERY_MS = 200;
/** With less, the emotion of one sentence would be taken for the speaker's usual state. */
export const MIN_BASELINE_S = 5;

/** As the lines of `POST /analyze` before its result. */
export type ProgressLine =
  | {
      type: 'start';
      model: string;
      emotions: string[];
      /** What was asked for; the result tells what was used. */
      baseline: BaselineKind;
      passes: number;
      duration_s: number;
    }
  | { type: 'progress'; pass: number; passes: number; done_s: number; duration_s: number }
  | ({ type: 'window' } & TimelineWindow);

interface AnalysisOptions {
  kind: BaselineKind;
  /** Of a token. */
  known: Statistics | undefined;
  onProgress: ((line: ProgressLine) => void) | undefined;
  signal: AbortSignal | undefined;
}

interface KeptPiece {
  frames: QuantizedFrames;
  at: number;
  spans: Span[];
}

/** One recording, from its samples to its timeline: as `ser.analysis.timeline`. */
export class Analysis {
  readonly #network: Network;
  readonly #description: Description;
  readonly #options: AnalysisOptions;
  readonly #cutter: Cutter;
  readonly #windows: Interval[] = [];
  readonly #durationS: number;
  readonly #passes: number;
  #lastProgressMs = performance.now();

  constructor(
    samples: Float32Array,
    network: Network,
    detector: SpeechDetector,
    description: Description,
    options: AnalysisOptions,
  ) {
    this.#network = network;
    this.#description = description;
    this.#options = options;
    this.#cutter = new Cutter(samples, detector);
    this.#durationS = samples.length / SAMPLE_RATE_HZ;
    this.#passes = options.kind === 'recording' ? 2 : 1;
  }

  async run(): Promise<Timeline> {
    const { kind: asked, known, onProgress } = this.#options;
    const { name: model, emotions } = this.#description;
    const passes = this.#passes;
    onProgress?.({
      type: 'start',
      model,
      emotions: [...emotions],
      baseline: asked,
      passes,
      duration_s: rounded(this.#durationS),
    });
    const kind = asked === 'recording' ? await this.#inTwoPasses() : asked;
    if (asked !== 'recording') await this.#inOnePass(this.#network.scalingOf(known));
    this.#progress(passes, this.#durationS, true);
    const stretchesS = this.#cutter.stretches.map(
      ([start, end]) => [start / SAMPLE_RATE_HZ, end / SAMPLE_RATE_HZ] as const,
    );
    return timelineOf(this.#windows, stretchesS, this.#durationS, kind, this.#description);
  }

  /** By the recording's own statistics, if there is enough speech for them. */
  async #inTwoPasses(): Promise<BaselineKind> {
    const kept: KeptPiece[] = [];
    let own: Statistics | undefined;
    for await (const [piece, frames] of this.#pieces(1)) {
      if (!frames) continue;
      const statistics = frames.statistics(piece.newFrom - piece.at);
      own = own ? added(own, statistics) : statistics;
      kept.push({ frames: new QuantizedFrames(frames), at: piece.at, spans: piece.spans });
    }
    this.#progress(1, this.#durationS, true);
    this.#progress(2, 0, true);
    const isEnough = own !== undefined && own.count * FRAME_S >= MIN_BASELINE_S;
    const scaling = this.#network.scalingOf(isEnough ? own : undefined);
    for (const { frames, at, spans } of kept) {
      await this.#goOn();
      await this.#predict(frames.restored(), at, spans, scaling);
      this.#progress(2, (spans.at(-1)?.end ?? 0) / SAMPLE_RATE_HZ);
    }
    return isEnough ? 'recording' : 'none';
  }

  async #inOnePass(scaling: OwnScaling): Promise<void> {
    for await (const [piece, frames] of this.#pieces(1)) {
      if (frames) await this.#predict(frames, piece.at, piece.spans, scaling);
    }
  }

  /** The pieces of speech with their frames; undefined where only silence is left. */
  async *#pieces(pass: number): AsyncGenerator<[Piece, Frames | undefined]> {
    for await (const { pieces, at } of this.#cutter.cut()) {
      for (const piece of pieces) {
        await this.#goOn();
        yield [piece, await this.#network.frames(piece.samples)];
      }
      await this.#goOn();
      this.#progress(pass, at / SAMPLE_RATE_HZ);
    }
  }

  async #predict(frames: Frames, at: number, spans: Span[], scaling: OwnScaling): Promise<void> {
    const found = spans.flatMap((span) => {
      const rows = frames.between(span.contextStart - at, span.contextEnd - at);
      return rows.length > 0 ? [{ span, rows }] : [];
    });
    const answers = new Map<Span, Interval>();
    // Windows of the same length go through the network together.
    for (const length of new Set(found.map(({ rows }) => rows.length))) {
      const alike = found.filter(({ rows }) => rows.length === length);
      const predicted = await this.#network.windows(alike.map(({ rows }) => rows), scaling);
      alike.forEach(({ span }, i) => {
        const answer = predicted[i];
        const [startS, endS] = [span.start / SAMPLE_RATE_HZ, span.end / SAMPLE_RATE_HZ];
        if (answer) answers.set(span, { startS, endS, ...answer });
      });
    }
    const inOrder = spans.flatMap((span) => answers.get(span) ?? []);
    this.#windows.push(...inOrder);
    for (const window of inOrder) {
      this.#options.onProgress?.({ type: 'window', ...windowOf(window, this.#description) });
    }
  }

  /** Lets others have a turn: a network runs without a break. */
  async #goOn(): Promise<void> {
    await nextTask();
    this.#options.signal?.throwIfAborted();
  }

  #progress(pass: number, doneS: number, isEdge = false): void {
    const now = performance.now();
    if (!isEdge && now < this.#lastProgressMs + PROGRESS_EVERY_MS) return;
    this.#lastProgressMs = now;
    const [done, duration] = [rounded(doneS), rounded(this.#durationS)];
    const passes = this.#passes;
    this.#options.onProgress?.({ type: 'progress', pass, passes, done_s: done, duration_s: duration });
  }
}

/** The decimals of progress. */
function rounded(seconds: number): number {
  return Math.round(10 * seconds) / 10;
}
