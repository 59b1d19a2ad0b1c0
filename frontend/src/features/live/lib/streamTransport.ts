import type { ExpressionFields, Model, Prediction } from '@/lib/apiSchemas';
import { accessKey } from '@/lib/accessKey';
import { apiService } from '@/lib/apiService';
import type { EmotionService } from '@/lib/emotionService';
import { toProblem, type Problem } from '@/lib/problem';
import type { SentBaseline } from '@/features/voice/lib/baselineStore';
import { withCaution } from '@/features/voice/lib/unknownVoice';
import { backOffS, checkHealth } from '@/lib/retries';
import type { StopRecording } from '@/lib/microphone/chunk';
import { createChunkCutter } from '@/lib/microphone/chunkCutter';
import { DeviceConnection } from './deviceConnection';
import { tapPcmAt } from '@/lib/microphone/pcmTap';
import {
  StreamConnection,
  type LiveConnection,
  type LiveMessage,
  type StreamConfig,
  type StreamConnectionEvents,
} from './streamConnection';
import { toStreamProblem } from './liveProblems';
import type { RequestSettings, Transport, TransportEvents } from './transport';

/** The rate of the features; what answers resamples any other rate. */
const PREFERRED_RATE_HZ = 16_000;
const HIGHEST_RATE_HZ = 48_000;
const FRAME_MS = 100;

/** Problems that the same config would cause again. */
const permanentProblems = new Set([
  'bad_config',
  'bad_prior',
  'unknown_model',
  'wrong_task',
  'bad_baseline',
  'device_failed',
]);

/** Problems that a revoked key may be the cause of. */
const keyProblems = new Set(['server_away', 'wrong_key']);

/** The current state of a stream. */
export interface StreamStatus {
  isSpeaking: boolean;
  /** The newest result of the current utterance. */
  latest: { prediction: Prediction; endedAtMs: number } | null;
}

export interface StreamEvents extends TransportEvents {
  onStreamStatus: (streamStatus: StreamStatus) => void;
  /** Streaming does not work, although the server answers. */
  onUnusable: () => void;
}

/** The settings that the connection was opened with. */
interface OpenedWith {
  service: EmotionService;
  model: Model | undefined;
  isAdapting: boolean;
  baseline: SentBaseline | undefined;
  key: string | undefined;
}

const quiet: StreamStatus = { isSpeaking: false, latest: null };

function predictionOf(
  emotion: string,
  probabilities: Record<string, number>,
  isUncertain: boolean,
  { sentiment, valence, arousal, intensity }: ExpressionFields,
): Prediction {
  return {
    emotion,
    confidence: probabilities[emotion] ?? 0,
    probabilities,
    timestamp: new Date().toISOString(),
    low_information: isUncertain,
    sentiment,
    valence,
    arousal,
    intensity,
  };
}

function mostProbable(probabilities: Record<string, number>): string {
  const [first, ...others] = Object.entries(probabilities);
  return others.reduce((top, each) => (each[1] > top[1] ? each : top), first ?? ['', 0])[0];
}

/** Converts `performance.now()` to the system clock. */
function toWallClockMs(pageMs: number): number {
  return Date.now() - (performance.now() - pageMs);
}

function connect(
  { openStream }: EmotionService,
  model: Model | undefined,
  config: Omit<StreamConfig, 'model'>,
  events: StreamConnectionEvents,
): LiveConnection {
  // Only this device has one; the page knows what the server would say of the model.
  return openStream && model
    ? new DeviceConnection(() => openStream(config), model, events)
    : new StreamConnection({ ...config, model: model?.name }, events);
}

/** Streams audio to what answers, and connects again when the connection breaks. */
export class StreamTransport implements Transport {
  readonly #settings: () => RequestSettings;
  readonly #events: StreamEvents;
  readonly #closing = new AbortController();
  readonly #unsubscribe: () => void;
  #sampleRateHz: number | undefined;
  #connection: LiveConnection | undefined;
  #openedWith: OpenedWith | undefined;
  #minConfidence = 0;
  #failedTries = 0;
  #wasEverReady = false;
  #isFinished = false;
  #retryTimer: ReturnType<typeof setTimeout> | undefined;

  constructor(settings: () => RequestSettings, events: StreamEvents) {
    this.#settings = settings;
    this.#events = events;
    this.#unsubscribe = settings().baselines.subscribe(() => {
      this.#followBaseline();
    });
  }

  async record(
    stream: MediaStream,
    onFailure: (error: unknown) => void,
  ): Promise<StopRecording> {
    const { sampleRateHz, stop } = await tapPcmAt(PREFERRED_RATE_HZ, stream, {
      receive: (rateHz) =>
        createChunkCutter((rateHz * FRAME_MS) / 1000, (blocks) => {
          this.#connection?.send({
            blocks,
            startMs: performance.now() - FRAME_MS,
          });
        }).take,
      onFailure,
    });
    if (sampleRateHz > HIGHEST_RATE_HZ) {
      this.#events.onUnusable();
      return stop;
    }
    this.#sampleRateHz = sampleRateHz;
    this.follow();
    return stop;
  }

  follow(): void {
    const { model, service, isModelPending } = this.#settings();
    const opened = this.#openedWith;
    // What was recorded for one goes to nobody else.
    if (opened && opened.service !== service) this.#disconnect();
    const isUnchanged = opened?.service === service && opened.model?.name === model?.name;
    if (!isModelPending && !isUnchanged) this.#connect();
  }

  finish(): void {
    if (this.#isFinished) return;
    this.#isFinished = true;
    clearTimeout(this.#retryTimer);
    if (!this.#connection) {
      this.close();
      return;
    }
    this.#connection.finish(() => {
      this.close();
    });
  }

  close(): void {
    this.#isFinished = true;
    this.#closing.abort();
    clearTimeout(this.#retryTimer);
    this.#unsubscribe();
    this.#connection?.close();
    this.#connection = undefined;
  }

  #disconnect(): void {
    clearTimeout(this.#retryTimer);
    this.#connection?.close();
    this.#connection = undefined;
    this.#openedWith = undefined;
    this.#events.onStreamStatus(quiet);
  }

  #connect(): void {
    const sampleRateHz = this.#sampleRateHz;
    if (sampleRateHz === undefined || this.#isFinished) return;
    this.#disconnect();
    const { model, service, baselines } = this.#settings();
    const kind = model?.baseline_kind;
    const isAdapting = kind !== undefined && baselines.getState().isAdapting;
    const baseline = kind === undefined ? undefined : baselines.take(kind);
    this.#openedWith = { service, model, isAdapting, baseline, key: accessKey.key };
    this.#connection = connect(
      service,
      model,
      { sampleRateHz, baseline: baseline?.token, adapt: isAdapting },
      {
        onMessage: (message, toPageMs) => {
          this.#take(message, toPageMs);
        },
        onRefused: (problem) => {
          this.#events.onRefused(toStreamProblem(problem));
        },
        onLost: (problem) => {
          this.#lose(problem);
        },
      },
    );
  }

  /** Reconnects when the baseline or the adapt setting changed. */
  #followBaseline(): void {
    const openedWith = this.#openedWith;
    if (!openedWith?.baseline) return;
    const { baselines } = this.#settings();
    const baseline = baselines.take(openedWith.baseline.kind);
    const isSame =
      baseline.token === openedWith.baseline.token && baselines.getState().isAdapting === openedWith.isAdapting;
    if (isSame) this.#openedWith = { ...openedWith, baseline };
    else this.#connect();
  }

  #take(message: LiveMessage, toPageMs: (streamMs: number) => number): void {
    switch (message.type) {
      case 'ready':
        this.#minConfidence = message.min_confidence;
        this.#failedTries = 0;
        this.#wasEverReady = true;
        this.#events.onServer({ kind: 'up' });
        return;
      case 'speech_started':
        this.#events.onStreamStatus({ isSpeaking: true, latest: null });
        return;
      case 'result': {
        const { smoothed, low_information: isUncertain } = message;
        const emotion = mostProbable(smoothed);
        const isWeak = (smoothed[emotion] ?? 0) < this.#minConfidence;
        const expression = {
          sentiment: message.smoothed_sentiment,
          valence: message.smoothed_valence,
          arousal: message.smoothed_arousal,
          intensity: message.intensity,
        };
        const prediction = this.#withCaution(
          predictionOf(emotion, smoothed, isUncertain || isWeak, expression),
        );
        const endedAtMs = toWallClockMs(toPageMs(message.end_ms));
        this.#events.onStreamStatus({ isSpeaking: true, latest: { prediction, endedAtMs } });
        return;
      }
      case 'speech_ended':
        this.#endUtterance(message, toPageMs);
    }
  }

  #endUtterance(
    message: Extract<LiveMessage, { type: 'speech_ended' }>,
    toPageMs: (streamMs: number) => number,
  ): void {
    const { emotion, probabilities, baseline, baseline_speech_s: speechS } = message;
    // The mean probability compares with the confidence of a chunk; the share of votes does not. Judged by what
    // was known of the voice before this utterance.
    const prediction =
      emotion !== null && probabilities !== null
        ? this.#withCaution(predictionOf(emotion, probabilities, message.low_information, message))
        : null;
    if (baseline && speechS) this.#grow(baseline, speechS);
    if (prediction) {
      const startMs = toPageMs(message.start_ms);
      const endMs = toPageMs(message.end_ms);
      const span = { startMs, endMs, endedAtMs: toWallClockMs(endMs), model: this.#openedWith?.model?.name };
      this.#events.onResult(span, prediction);
    }
    this.#events.onStreamStatus(quiet);
  }

  #withCaution(prediction: Prediction): Prediction {
    const { model, baseline } = this.#openedWith ?? {};
    return withCaution(prediction, model, baseline?.speechS ?? 0);
  }

  #grow(token: string, speechS: number): void {
    const { baselines } = this.#settings();
    const baseline = this.#openedWith?.baseline;
    if (!baseline || !this.#openedWith?.isAdapting) return;
    // Set first: otherwise the change of the store would reopen the stream.
    this.#openedWith = { ...this.#openedWith, baseline: { ...baseline, token, speechS } };
    baselines.grow(baseline, { token, speechS });
  }

  #lose(problem: Problem): void {
    this.#connection = undefined;
    this.#events.onStreamStatus(quiet);
    const baseline = this.#openedWith?.baseline;
    if (problem.code === 'bad_baseline' && baseline?.token !== undefined) {
      // Dropping it reconnects without a baseline.
      this.#settings().baselines.drop(baseline);
    } else if (permanentProblems.has(problem.code)) {
      this.#events.onRefused(toStreamProblem(problem));
    } else if (problem.code === 'server_away' && !this.#wasEverReady) {
      void this.#checkServer();
    } else if (keyProblems.has(problem.code) && accessKey.key !== undefined) {
      void this.#checkKey(problem);
    } else {
      this.#goDown(problem);
    }
  }

  /** Finds out whether the server is unreachable, refuses the key, or a proxy blocks WebSockets. */
  async #checkServer(): Promise<void> {
    const { signal } = this.#closing;
    const { key } = accessKey;
    try {
      await checkHealth(signal);
      // A browser tells no page why a handshake was refused; of other requests it does.
      await apiService.models(signal);
    } catch (error) {
      if (!signal.aborted) this.#goDown(toProblem(error));
      return;
    }
    if (signal.aborted) return;
    if (accessKey.key === key) this.#events.onUnusable();
    else this.#connect();
  }

  /** Has the user asked where the key was revoked, then connects again. */
  async #checkKey(problem: Problem): Promise<void> {
    const { signal } = this.#closing;
    const found = await apiService.models(signal).then(() => problem, toProblem);
    if (signal.aborted) return;
    if (accessKey.key === this.#openedWith?.key) this.#goDown(found);
    else this.#connect();
  }

  #goDown(problem: Problem): void {
    const retryInS = backOffS(this.#failedTries, problem);
    this.#failedTries += 1;
    this.#events.onServer({ kind: 'down', problem: toStreamProblem(problem), retryInS });
    this.#retryTimer = setTimeout(() => {
      this.#connect();
    }, retryInS * 1000);
  }
}
