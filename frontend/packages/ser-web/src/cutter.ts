import { SAMPLE_RATE_HZ } from './decode';
import { FILE_RULE, SpeechSegmenter, type Stretch } from './segmenter';
import type { SpeechDetector } from './speech';

/** As `ser.analysis.cutter`. */
const WINDOW = 3 * SAMPLE_RATE_HZ;
const HOP = SAMPLE_RATE_HZ;
/** The network was trained on clips with some silence around the speech. */
const CONTEXT = 0.5 * SAMPLE_RATE_HZ;
/** Long speech is cut into pieces of so many windows. */
const PIECE_WINDOWS = 8;
const PIECE = (PIECE_WINDOWS - 1) * HOP + WINDOW;
/** How much is read at once. */
const BLOCK = SAMPLE_RATE_HZ;

/** A window, in samples: its speech, and the frames that the network reads. */
export interface Span {
  start: number;
  end: number;
  contextStart: number;
  contextEnd: number;
}

/** Some of a stretch of speech, with its windows. */
export interface Piece {
  samples: Float32Array;
  /** Where it begins. */
  at: number;
  /** From where on no earlier piece contains it. */
  newFrom: number;
  spans: Span[];
}

/** The pieces of speech that end in a block of the recording, which is read up to here. */
export interface CutBlock {
  pieces: Piece[];
  at: number;
}

/** Cuts a recording into pieces of speech with windows. */
export class Cutter {
  /** The speech, in order, without overlap. */
  readonly stretches: Stretch[] = [];
  readonly #samples: Float32Array;
  readonly #segmenter: SpeechSegmenter;
  /** Of the stretch that is being cut: where its next windows begin, and up to where pieces contain it. */
  #next: number | undefined;
  #covered = 0;

  constructor(samples: Float32Array, detector: SpeechDetector) {
    this.#samples = samples;
    this.#segmenter = new SpeechSegmenter(detector, FILE_RULE);
  }

  async *cut(): AsyncGenerator<CutBlock> {
    const { length } = this.#samples;
    for (let at = 0; at < length; at += BLOCK) {
      const pieces: Piece[] = [];
      for (const { ended } of await this.#segmenter.feed(this.#samples.subarray(at, at + BLOCK))) {
        if (ended) pieces.push(this.#lastPiece(ended));
      }
      const { current } = this.#segmenter;
      if (current) pieces.push(...this.#fullPieces(current));
      yield { pieces, at: Math.min(at + BLOCK, length) };
    }
    const last = this.#segmenter.finish();
    if (last) yield { pieces: [this.#lastPiece([last[0], Math.min(last[1], length)])], at: length };
  }

  *#fullPieces([stretchStart, end]: Stretch): Generator<Piece> {
    let first = this.#next ?? stretchStart;
    for (; Math.min(end, this.#samples.length) - first >= PIECE; first = this.#next) {
      const starts = Array.from({ length: PIECE_WINDOWS }, (_, i) => first + i * HOP);
      const piece = this.#piece(starts, stretchStart, undefined);
      this.#next = first + PIECE_WINDOWS * HOP;
      yield piece;
    }
  }

  #lastPiece(stretch: Stretch): Piece {
    const [start, end] = stretch;
    const last = Math.max(end - WINDOW, start);
    const starts: number[] = [];
    for (let at = this.#next ?? start; at < last; at += HOP) starts.push(at);
    const piece = this.#piece([...starts, last], start, end);
    this.#next = undefined;
    this.stretches.push(stretch);
    return piece;
  }

  /** The end of the stretch is undefined while it goes on. */
  #piece(starts: number[], stretchStart: number, stretchEnd: number | undefined): Piece {
    const spans = starts.map((start) => {
      const end = Math.min(start + WINDOW, stretchEnd ?? Infinity);
      return {
        start,
        end,
        contextStart: Math.max(start === stretchStart ? start - CONTEXT : start, 0),
        contextEnd: Math.min(end === stretchEnd ? end + CONTEXT : end, this.#samples.length),
      };
    });
    const at = Math.min(...spans.map(({ contextStart }) => contextStart));
    const to = Math.max(...spans.map(({ contextEnd }) => contextEnd));
    const newFrom = this.#next === undefined ? at : this.#covered;
    this.#covered = to;
    return { samples: this.#samples.slice(at, to), at, newFrom, spans };
  }
}
