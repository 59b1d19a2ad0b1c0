import { CHUNK_LENGTH, THRESHOLD, type RunningDetector, type SpeechDetector } from './speech';

/** Samples [start, end). */
export type Stretch = readonly [number, number];

/** As `ser.speech.segmenter.Rule`: when speech begins and ends; counts are of chunks of 32 ms. */
interface Rule {
  /** Speech begins once so many chunks are active ... */
  start: number;
  /** ... among so many. */
  startWithin: number;
  /** After a pause, it goes on once so many in a row are active. */
  resume: number;
  /** It ends after so many without an active one. */
  end: number;
  /** So many before and after count as speech. */
  margin: number;
  staysThroughPauses: boolean;
  /** Of the sound before the first chunk. */
  firstPeakDb: number;
}

export const FILE_RULE: Rule = {
  start: 4,
  startWithin: 4,
  resume: 4,
  end: 18,
  margin: 1,
  staysThroughPauses: false,
  firstPeakDb: -20,
};
export const LIVE_RULE: Rule = {
  start: 7,
  startWithin: 12,
  resume: 1,
  end: 22,
  margin: 0,
  staysThroughPauses: true,
  firstPeakDb: -30,
};

/** Enough for a run of active chunks to go on. */
const STAY = 0.35;

/** What is known after another chunk; times are samples from the first. */
export interface Step {
  /** The end of the chunk. */
  at: number;
  /** The speech that goes on, up to its last active chunk. */
  current: Stretch | undefined;
  /** The speech that was just found to be over. */
  ended: Stretch | undefined;
}

/** Finds the stretches of speech in one sound that comes in pieces. */
export class SpeechSegmenter {
  readonly #rule: Rule;
  readonly #detector: RunningDetector;
  #chunk = 0;
  #recent: boolean[] = [];
  #run: number | undefined;
  #start: number | undefined;
  #end = 0;

  constructor(detector: SpeechDetector, rule: Rule) {
    this.#rule = rule;
    this.#detector = detector.running(rule.firstPeakDb);
  }

  /** The speech that may still go on. */
  get current(): Stretch | undefined {
    if (this.#start === undefined) return undefined;
    const { margin } = this.#rule;
    return [Math.max(this.#start - margin, 0) * CHUNK_LENGTH, (this.#end + margin) * CHUNK_LENGTH];
  }

  /** Takes what came since the last call, 16 kHz and mono; a step for each whole chunk. */
  async feed(samples: Float32Array): Promise<Step[]> {
    const probabilities = await this.#detector.probabilities(samples);
    return Array.from(probabilities, (probability) => this.#advance(probability));
  }

  /** The speech that the sound ends with. */
  finish(): Stretch | undefined {
    const last = this.current;
    this.#start = undefined;
    return last;
  }

  #advance(probability: number): Step {
    const now = this.#chunk;
    this.#chunk += 1;
    if (probability < this.#threshold()) this.#run = undefined;
    else this.#run ??= now;
    const ended = this.#ended(now);
    if (this.#start === undefined) this.#begin(now);
    else if (this.#run !== undefined && now + 1 - this.#run >= this.#rule.resume) this.#end = now + 1;
    return { at: this.#chunk * CHUNK_LENGTH, current: this.current, ended };
  }

  #threshold(): number {
    const lasts = this.#rule.staysThroughPauses ? this.#start : this.#run;
    return lasts === undefined ? THRESHOLD : STAY;
  }

  #ended(now: number): Stretch | undefined {
    // A run that is still too short may resume the speech: only the pause before it counts.
    const pauseEnd = this.#run ?? now + 1;
    if (this.#start === undefined || pauseEnd - this.#end < this.#rule.end) return undefined;
    return this.finish();
  }

  #begin(now: number): void {
    this.#recent = [...this.#recent, this.#run !== undefined].slice(-this.#rule.startWithin);
    if (this.#recent.filter(Boolean).length < this.#rule.start) return;
    this.#start = now + 1 - (this.#recent.length - this.#recent.indexOf(true));
    this.#end = now + 1;
    this.#recent = [];
  }
}
