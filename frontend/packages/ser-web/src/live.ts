import {
  affectOf,
  answerOf,
  intensityField,
  isUncertain,
  named,
  type Affect,
  type NetworkAnswer,
} from './answer';
import { FRAME_S, added, type Statistics } from './baseline';
import { SAMPLE_RATE_HZ } from './decode';
import type { Description } from './description';
import type { Network } from './network';
import { Resampler } from './resampler';
import { meanOf } from './segments';
import { LIVE_RULE, SpeechSegmenter, type Step } from './segmenter';
import { CHUNK_LENGTH, type SpeechDetector } from './speech';
import { vote } from './vote';

/** As `ser.analysis.live`, in samples. */
const HOP = 0.5 * SAMPLE_RATE_HZ;
const WINDOW = 3 * SAMPLE_RATE_HZ;
/** With `PREROLL` before it, the first window has 1 s. */
const FIRST_RESULT = 0.8 * SAMPLE_RATE_HZ;
/** The beginning of a word is often not detected as speech. */
const PREROLL = 0.2 * SAMPLE_RATE_HZ;
/** Longer speech without a pause is cut into utterances, so that the baseline grows and memory does not. */
const MAX_UTTERANCE = 30 * SAMPLE_RATE_HZ;
const SMOOTHING_S = 2;
/** The baseline learns from pieces of this length; the last one of an utterance is up to twice as long. */
const LEARNT_AT_ONCE = 4 * SAMPLE_RATE_HZ;
/** The segmenter finds the beginning of speech, and its end, so long afterwards at most. */
const NOTICED_WITHIN = (LIVE_RULE.startWithin + LIVE_RULE.end) * CHUNK_LENGTH;
/** Enough for the next window and the next piece to learn from, found late. */
const KEPT = Math.max(WINDOW, 2 * LEARNT_AT_ONCE) + PREROLL + NOTICED_WITHIN;

/** As the messages of `WS /stream`; times count from the first sample. */
export type LiveLine =
  | { type: 'speech_started'; start_ms: number }
  | ({
      type: 'result';
      start_ms: number;
      end_ms: number;
      emotion: string;
      confidence: number;
      probabilities: Record<string, number>;
      /** Averaged with the results before. */
      smoothed: Record<string, number>;
      low_information: boolean;
      intensity?: number;
      smoothed_sentiment: Affect['sentiment'];
      smoothed_valence: Affect['valence'];
      smoothed_arousal: Affect['arousal'];
    } & Affect)
  | ({
      type: 'speech_ended';
      start_ms: number;
      end_ms: number;
      /** The one with most votes; `null`, as the next two, where there was too little sound for a window. */
      emotion: string | null;
      confidence: number | null;
      probabilities: Record<string, number> | null;
      votes: Record<string, number>;
      low_information: boolean;
      intensity?: number;
      /** With `adapt`: the token that includes the utterance. */
      baseline?: string;
      baseline_speech_s?: number;
    } & Affect);

interface LiveVoice {
  baseline: string;
  speech_s: number;
}

interface LiveSettings {
  sampleRateHz: number;
  known: Statistics | undefined;
  adapt: boolean;
  toVoice: (statistics: Statistics) => Promise<LiveVoice>;
}

/** What is known of an utterance so far; times in samples. */
interface Utterance {
  start: number;
  lastSpeech: number;
  due: number;
  resultUntil: number;
  learntUntil: number;
  answers: NetworkAnswer[];
  statistics: Statistics | undefined;
}

/** The emotions of one speaker, live. Give one piece after the other, and wait for each answer. */
export class LiveSession {
  readonly #network: Network;
  readonly #description: Description;
  readonly #settings: LiveSettings;
  readonly #segmenter: SpeechSegmenter;
  readonly #resampler: Resampler;
  #baseline: Statistics | undefined;
  #smoother = new Smoother();
  #kept = new Float32Array(0);
  #received = 0;
  #utterance: Utterance | undefined;
  /** Where the last utterance ended. */
  #ended = 0;

  constructor(network: Network, detector: SpeechDetector, description: Description, settings: LiveSettings) {
    this.#network = network;
    this.#description = description;
    this.#settings = settings;
    this.#segmenter = new SpeechSegmenter(detector, LIVE_RULE);
    this.#resampler = new Resampler(settings.sampleRateHz);
    this.#baseline = settings.known;
  }

  /**
   * Takes the next samples, mono.
   *
   * @param hurried - whether to leave out results that are due: one later result stands for them.
   */
  async feed(samples: Float32Array, hurried = false): Promise<LiveLine[]> {
    const fresh = this.#resampler.feed(samples);
    const all = new Float32Array(this.#kept.length + fresh.length);
    all.set(this.#kept);
    all.set(fresh, this.#kept.length);
    this.#kept = all.slice(-(KEPT + fresh.length));
    this.#received += fresh.length;
    const lines: LiveLine[] = [];
    for (const step of await this.#segmenter.feed(fresh)) lines.push(...(await this.#advance(step, hurried)));
    return lines;
  }

  /** The last lines; nothing can be fed afterwards. */
  async finish(): Promise<LiveLine[]> {
    return this.#utterance ? this.#end(this.#utterance, this.#utterance.lastSpeech) : [];
  }

  async #advance(step: Step, hurried: boolean): Promise<LiveLine[]> {
    const utterance = this.#utterance;
    if (!utterance) return step.current?.[1] === step.at ? [this.#begin(step.current[0], step)] : [];
    if (!step.current) return step.ended ? this.#end(utterance, step.ended[1]) : [];
    const lines: LiveLine[] = [];
    utterance.lastSpeech = step.current[1];
    // A pause adds nothing to the last result.
    if (step.at >= utterance.due && utterance.lastSpeech > utterance.resultUntil && !hurried) {
      lines.push(...(await this.#result(utterance, step.at)));
      // Results keep their rhythm, unless a pause has broken it.
      utterance.due = Math.max(utterance.due, step.at - CHUNK_LENGTH) + HOP;
    }
    if (this.#settings.adapt && step.at - utterance.learntUntil >= 2 * LEARNT_AT_ONCE) {
      await this.#learn(utterance, utterance.learntUntil + LEARNT_AT_ONCE);
    }
    if (step.at - utterance.start >= MAX_UTTERANCE) lines.push(...(await this.#end(utterance, utterance.lastSpeech)));
    return lines;
  }

  #begin(start: number, { at }: Step): LiveLine {
    // Speech without a long pause goes on after its first utterance was ended.
    const isNew = start >= this.#ended;
    // After a pause, the emotion may be another, or the speaker.
    if (isNew) this.#smoother = new Smoother();
    const from = isNew ? start : at - CHUNK_LENGTH;
    this.#utterance = {
      start: from,
      lastSpeech: at,
      due: from + FIRST_RESULT,
      resultUntil: from,
      learntUntil: Math.max(from - PREROLL, this.#ended),
      answers: [],
      statistics: undefined,
    };
    return { type: 'speech_started', start_ms: toMs(from) };
  }

  async #result(utterance: Utterance, end: number): Promise<LiveLine[]> {
    utterance.resultUntil = end;
    const start = Math.max(utterance.start - PREROLL, end - WINDOW, 0);
    const scaling = this.#network.scalingOf(this.#baseline);
    const found = await this.#network.clip(this.#between(start, end), scaling);
    if (!found) return [];
    utterance.answers.push(found.answer);
    const smoothed = named(
      this.#smoother.update(found.answer.probabilities, end / SAMPLE_RATE_HZ),
      this.#description,
    );
    const affect = affectOf(smoothed, this.#description.ratings);
    return [
      {
        type: 'result',
        start_ms: toMs(start),
        end_ms: toMs(end),
        ...answerOf(found.answer, found.statistics.count * FRAME_S, this.#description),
        smoothed,
        smoothed_sentiment: affect.sentiment,
        smoothed_valence: affect.valence,
        smoothed_arousal: affect.arousal,
      },
    ];
  }

  async #end(utterance: Utterance, end: number): Promise<LiveLine[]> {
    this.#utterance = undefined;
    this.#ended = end;
    // A single word ends before a result is due.
    const lines = utterance.answers.length === 0 ? await this.#result(utterance, end) : [];
    const verdict = this.#verdict(utterance, end);
    lines.push({
      type: 'speech_ended',
      start_ms: toMs(utterance.start),
      end_ms: toMs(end),
      ...verdict,
      ...(this.#settings.adapt ? await this.#grown(utterance, end) : {}),
    });
    return lines;
  }

  async #grown(utterance: Utterance, end: number): Promise<{ baseline?: string; baseline_speech_s?: number }> {
    await this.#learn(utterance, end);
    const own = utterance.statistics;
    if (own) this.#baseline = this.#baseline ? added(this.#baseline, own) : own;
    if (!this.#baseline) return {};
    const voice = await this.#settings.toVoice(this.#baseline);
    return { baseline: voice.baseline, baseline_speech_s: voice.speech_s };
  }

  #verdict({ answers, start }: Utterance, end: number) {
    const { emotions, ratings } = this.#description;
    if (answers.length === 0) {
      const nothing = { emotion: null, confidence: null, probabilities: null, votes: {}, low_information: true };
      return { ...nothing, sentiment: null, valence: null, arousal: null };
    }
    const { winner, share, counts, mean } = vote(answers.map(({ probabilities }) => probabilities));
    const network = meanOf(answers.map((answer) => answer.network));
    const speechS = (end - start) / SAMPLE_RATE_HZ;
    const probabilities = named(mean, this.#description);
    const known = answers.flatMap(({ intensity }) => intensity ?? []);
    return {
      emotion: emotions[winner] ?? '',
      confidence: share,
      probabilities,
      votes: Object.fromEntries(emotions.map((emotion, i) => [emotion, counts[i] ?? 0])),
      low_information: isUncertain(mean[winner] ?? 0, speechS, network, this.#description),
      ...affectOf(probabilities, ratings),
      ...intensityField(known.length > 0 ? meanOf(known.map((each) => [each]))[0] : undefined),
    };
  }

  /** Adds the frames up to `end` that were not learnt yet, each once. */
  async #learn(utterance: Utterance, end: number): Promise<void> {
    const start = utterance.learntUntil;
    utterance.learntUntil = end;
    const frames = await this.#network.frames(this.#between(start, end));
    // A frame at the very end is the first one of what follows.
    const own = frames?.statistics(0, end - start);
    if (own) utterance.statistics = utterance.statistics ? added(utterance.statistics, own) : own;
  }

  #between(start: number, end: number): Float32Array {
    const first = this.#received - this.#kept.length;
    return this.#kept.subarray(Math.max(start - first, 0), Math.max(end - first, 0));
  }
}

/** A moving average with exponentially fading memory. */
class Smoother {
  #mean: Float64Array | undefined;
  #atS = 0;

  update(probabilities: ArrayLike<number>, atS: number): Float64Array {
    const before = this.#mean;
    const kept = before ? Math.exp(-Math.max(atS - this.#atS, 0) / SMOOTHING_S) : 0;
    this.#mean = Float64Array.from(probabilities, (value, i) => kept * (before?.[i] ?? 0) + (1 - kept) * value);
    this.#atS = atS;
    return this.#mean;
  }
}

function toMs(samples: number): number {
  return Math.round((1000 * samples) / SAMPLE_RATE_HZ);
}
