import type { Model, Prediction } from '../../../lib/apiSchemas';
import { toProblem, type Problem } from '../../../lib/problem';
import type { SentVoice } from '../../../lib/voiceStore';
import { backOffS } from './backOff';
import { checkHealth } from './checkHealth';
import type { StopRecording } from './chunk';
import { createChunkCutter } from './chunkCutter';
import { encodePcm16 } from './pcm16';
import { tapPcmAt } from './pcmTap';
import { StreamConnection, type LiveMessage } from './streamConnection';
import { toStreamProblem } from './toSpokenProblem';
import type { Asked, Transport, TransportEvents } from './transport';

/** What the features are made of; any other rate, the server brings to this one. */
const PREFERRED_RATE_HZ = 16_000;
const HIGHEST_RATE_HZ = 48_000;
const FRAME_MS = 100;

/** The same config would meet these again. */
const lastingProblems = new Set(['bad_config', 'unknown_model', 'bad_baseline']);

/** What is heard at this moment. */
export interface Moment {
  isSpeaking: boolean;
  /** The latest estimate of what is being said. */
  latest: { prediction: Prediction; endedAtMs: number } | null;
}

export interface StreamEvents extends TransportEvents {
  onMoment: (moment: Moment) => void;
  /** No stream can be made, though the server is there. */
  onUnusable: () => void;
}

/** What the connection was opened with. */
interface Told {
  model: Model | undefined;
  isAdapting: boolean;
  voice: SentVoice | undefined;
}

const quiet: Moment = { isSpeaking: false, latest: null };

function predictionOf(
  emotion: string,
  probabilities: Record<string, number>,
  isUncertain: (confidence: number) => boolean,
): Prediction {
  const confidence = probabilities[emotion] ?? 0;
  return {
    emotion,
    confidence,
    probabilities,
    timestamp: new Date().toISOString(),
    low_information: isUncertain(confidence),
  };
}

function mostProbable(probabilities: Record<string, number>): string {
  const [first, ...others] = Object.entries(probabilities);
  return others.reduce((top, each) => (each[1] > top[1] ? each : top), first ?? ['', 0])[0];
}

/** The time on the wall of a time of the page. */
function onTheWall(pageMs: number): number {
  return Date.now() - (performance.now() - pageMs);
}

/** Streams the voice over a WebSocket, and opens another when that one breaks. */
export class StreamTransport implements Transport {
  readonly #asked: () => Asked;
  readonly #events: StreamEvents;
  readonly #closing = new AbortController();
  readonly #unsubscribe: () => void;
  #sampleRateHz: number | undefined;
  #connection: StreamConnection | undefined;
  #told: Told | undefined;
  #minConfidence = 0;
  #failedTries = 0;
  #wasEverReady = false;
  #isFinished = false;
  #retryTimer: ReturnType<typeof setTimeout> | undefined;

  constructor(asked: () => Asked, events: StreamEvents) {
    this.#asked = asked;
    this.#events = events;
    this.#unsubscribe = asked().voices.subscribe(() => {
      this.#followVoice();
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
            pcm: encodePcm16(blocks),
            startMs: performance.now() - FRAME_MS,
          });
        }),
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
    const { model, isModelPending } = this.#asked();
    const isAsAsked = this.#told !== undefined && this.#told.model?.name === model?.name;
    if (!isModelPending && !isAsAsked) this.#connect();
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

  #connect(): void {
    const sampleRateHz = this.#sampleRateHz;
    if (sampleRateHz === undefined || this.#isFinished) return;
    clearTimeout(this.#retryTimer);
    this.#connection?.close();
    this.#events.onMoment(quiet);
    const { model, voices } = this.#asked();
    const kind = model?.baseline_kind;
    const isAdapting = kind !== undefined && voices.getState().isAdapting;
    const voice = kind === undefined ? undefined : voices.take(kind);
    this.#told = { model, isAdapting, voice };
    this.#connection = new StreamConnection(
      { sampleRateHz, model: model?.name, baseline: voice?.token, adapt: isAdapting },
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

  /** A voice that is learned, forgotten or no longer to be adapted needs another stream. */
  #followVoice(): void {
    const told = this.#told;
    if (!told?.voice) return;
    const { voices } = this.#asked();
    const voice = voices.take(told.voice.kind);
    const isSame =
      voice.token === told.voice.token && voices.getState().isAdapting === told.isAdapting;
    if (isSame) this.#told = { ...told, voice };
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
        this.#events.onMoment({ isSpeaking: true, latest: null });
        return;
      case 'result': {
        const { smoothed, low_information: isUncertain } = message;
        const prediction = predictionOf(
          mostProbable(smoothed),
          smoothed,
          (confidence) => isUncertain || confidence < this.#minConfidence,
        );
        const endedAtMs = onTheWall(toPageMs(message.end_ms));
        this.#events.onMoment({ isSpeaking: true, latest: { prediction, endedAtMs } });
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
    if (baseline && speechS) this.#grow(baseline, speechS);
    if (emotion !== null && probabilities !== null) {
      const startMs = toPageMs(message.start_ms);
      const endMs = toPageMs(message.end_ms);
      const span = { startMs, endMs, endedAtMs: onTheWall(endMs), model: this.#told?.model?.name };
      // Not the share of the votes: beside a chunk's, this is the number of the same kind.
      const prediction = predictionOf(
        emotion,
        probabilities,
        (confidence) => confidence < this.#minConfidence,
      );
      this.#events.onHeard(span, prediction);
    }
    this.#events.onMoment(quiet);
  }

  #grow(token: string, speechS: number): void {
    const { voices } = this.#asked();
    const voice = this.#told?.voice;
    if (!voice || !this.#told?.isAdapting) return;
    // Known here first: it is no news to the stream, which would else be opened anew.
    this.#told = { ...this.#told, voice: { ...voice, token } };
    voices.grow(voice, { token, speechS });
  }

  #lose(problem: Problem): void {
    this.#connection = undefined;
    this.#events.onMoment(quiet);
    const voice = this.#told?.voice;
    if (problem.code === 'bad_baseline' && voice?.token !== undefined) {
      // Which is followed by a stream without it.
      this.#asked().voices.drop(voice);
    } else if (lastingProblems.has(problem.code)) {
      this.#events.onRefused(toStreamProblem(problem));
    } else if (problem.code === 'server_away' && !this.#wasEverReady) {
      void this.#findWay();
    } else {
      this.#goDown(problem);
    }
  }

  /** Nothing came of the connection: the server may be away, or something between may not let it pass. */
  async #findWay(): Promise<void> {
    const { signal } = this.#closing;
    try {
      await checkHealth(signal);
    } catch (error) {
      if (!signal.aborted) this.#goDown(toProblem(error));
      return;
    }
    if (!signal.aborted) this.#events.onUnusable();
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
