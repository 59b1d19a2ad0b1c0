import { Analysis, MIN_BASELINE_S, type ProgressLine } from './analyze';
import { answerOf, type Answer } from './answer';
import { FRAME_S, added, fromToken, toToken, type Statistics } from './baseline';
import { SAMPLE_RATE_HZ } from './decode';
import type { Description } from './description';
import { LiveSession } from './live';
import type { ClipOutputs, Network } from './network';
import { Problem } from './problem';
import type { SpeechDetector } from './speech';
import type { BaselineKind, Timeline } from './timeline';

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

export interface AnalyzeOptions {
  /** What features are normalised with: `recording` (the default), `none` or a token, as `POST /analyze`. */
  baseline?: string | undefined;
  /** Called with what `POST /analyze` sends before its result. */
  onProgress?: ((line: ProgressLine) => void) | undefined;
  signal?: AbortSignal | undefined;
}

export interface StreamOptions {
  /** Of the samples that come; 16 kHz by default. */
  sampleRateHz?: number | undefined;
  baseline?: string | undefined;
  /** Whether the baseline grows by each utterance. */
  adapt?: boolean | undefined;
}

/** As `ser.models.baseline`: of a first baseline, so much is speech without pauses. */
const MIN_DETECTED_S = 2;

/** A model, ready to answer. */
export class EmotionModel {
  readonly description: Description;
  readonly #network: Network;
  readonly #detector: SpeechDetector | undefined;

  constructor(description: Description, network: Network, detector: SpeechDetector | undefined) {
    this.description = description;
    this.#network = network;
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
    const { answer: found, statistics: own } = await this.#heard(finite(samples), known);
    const answer = answerOf(found, own.count * FRAME_S, this.description);
    if (!adapt || !this.description.takes_baseline) return answer;
    const voice = await this.#voiceOf(known ? added(known, own) : own);
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
    const { statistics: own } = await this.#heard(clean, undefined);
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

  /**
   * The emotions of a recording over time.
   *
   * @param samples - as in `predict`, of any length.
   * @throws Problem `bad_baseline`, or `unsupported`: the model was loaded without a detector of speech.
   *   What `signal` was aborted with.
   */
  async analyze(
    samples: Float32Array,
    { baseline = 'recording', onProgress, signal }: AnalyzeOptions = {},
  ): Promise<Timeline> {
    const takesBaseline = this.description.takes_baseline;
    const isToken = baseline !== 'recording' && baseline !== 'none';
    const known = isToken ? await this.#statisticsOf(baseline) : undefined;
    const asked: BaselineKind = isToken ? 'token' : baseline;
    const kind = asked === 'recording' && !takesBaseline ? 'none' : asked;
    const options = { kind, known, onProgress, signal };
    return new Analysis(finite(samples), this.#network, this.#required(), this.description, options).run();
  }

  /**
   * The emotions of a voice while it speaks, two results per second.
   *
   * @throws Problem as `analyze`.
   */
  async stream({ sampleRateHz = SAMPLE_RATE_HZ, baseline, adapt = false }: StreamOptions = {}): Promise<LiveSession> {
    return new LiveSession(this.#network, this.#required(), this.description, {
      sampleRateHz,
      known: baseline ? await this.#statisticsOf(baseline) : undefined,
      adapt: adapt && this.description.takes_baseline,
      toVoice: (statistics) => this.#voiceOf(statistics),
    });
  }

  /** Frees its memory. */
  async release(): Promise<void> {
    await Promise.all([this.#network.release(), this.#detector?.release()]);
  }

  async #heard(samples: Float32Array, known: Statistics | undefined): Promise<ClipOutputs> {
    const found = await this.#network.clip(samples, this.#network.scalingOf(known));
    if (!found) {
      throw new Problem('too_short', 'Less than 0.1 s of sound is left after trimming silence.');
    }
    if (this.#detector && !(await this.#detector.hasSpeech(samples))) {
      throw new Problem(
        'no_speech',
        'Only silence, noise or other sounds were found; speak, or check the microphone.',
      );
    }
    return found;
  }

  #required(): SpeechDetector {
    if (this.#detector) return this.#detector;
    throw new Problem('unsupported', 'Load the model with a `speechDetector`: this looks for speech first.');
  }

  async #voiceOf(statistics: Statistics): Promise<LearntVoice> {
    return {
      baseline: await toToken(statistics, this.description.baseline_kind),
      speech_s: Math.round(100 * statistics.count * FRAME_S) / 100,
    };
  }

  async #statisticsOf(baseline: string): Promise<Statistics> {
    const { name, takes_baseline: takesBaseline, baseline_kind: kind } = this.description;
    if (!takesBaseline) throw new Problem('bad_baseline', `'${name}' takes no baseline.`);
    return fromToken(baseline, kind, this.#network.width);
  }
}

function finite(samples: Float32Array): Float32Array {
  if (samples.every(Number.isFinite)) return samples;
  return samples.map((value) => (Number.isFinite(value) ? value : 0));
}
