import type { Model, Prediction } from '../../../lib/apiSchemas';
import type { Problem } from '../../../lib/problem';
import type { VoiceStore } from '../../../lib/voiceStore';
import type { StopRecording } from './chunk';
import type { Connection } from './chunkSender';

/** A stretch of the microphone that the server has judged. */
export interface HeardSpan {
  /** By the clock of the page, `performance.now()`. */
  startMs: number;
  endMs: number;
  /** By the clock on the wall, to be shown. */
  endedAtMs: number;
  model: string | undefined;
}

/** `back` from the moment the server returns until its first answer. */
export type ServerState = Connection | { kind: 'back' };

/** What the server is asked with. */
export interface Asked {
  model: Model | undefined;
  /** Until the models are known, the server would answer with one that nobody chose. */
  isModelPending: boolean;
  voices: VoiceStore;
}

export interface TransportEvents {
  /** `null` when there was no speech. */
  onHeard: (span: HeardSpan, prediction: Prediction | null) => void;
  onSkipped: () => void;
  onRefused: (problem: Problem) => void;
  onServer: (server: ServerState) => void;
}

/** Brings what the microphone hears to the server, and what that hears back. */
export interface Transport {
  record: (stream: MediaStream, onFailure: (error: unknown) => void) => Promise<StopRecording>;
  /** What is asked with has changed. */
  follow: () => void;
  /** No more will be heard. What is on its way may still arrive. */
  finish: () => void;
  close: () => void;
}
