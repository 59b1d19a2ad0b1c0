import type { Model, Prediction } from '@/lib/apiSchemas';
import type { EmotionService } from '@/lib/emotionService';
import type { Problem } from '@/lib/problem';
import type { BaselineStore } from '@/features/voice/lib/baselineStore';
import type { StopRecording } from '@/lib/microphone/chunk';
import type { Connection } from './chunkSender';

/** How audio is sent: chunks of 3 s by POST /predict, or a WebSocket stream. */
export type LiveMode = 'chunks' | 'stream';

/** Whether this browser has what streaming needs. */
export function canStream(): boolean {
  return typeof WebSocket !== 'undefined' && typeof AudioWorkletNode !== 'undefined';
}

/** A part of the recording that is answered. */
export interface PredictedSpan {
  /** `performance.now()`. */
  startMs: number;
  endMs: number;
  /** System clock, for display. */
  endedAtMs: number;
  model: string | undefined;
  /** What was recorded, where it was sent as one piece. */
  file?: File;
}

/** `back` from the return of the server until its first answer; `slow` while it leaves chunks out. */
export type ServerState = Connection | { kind: 'back' } | { kind: 'slow' };

/** Settings that go with each request. */
export interface RequestSettings {
  model: Model | undefined;
  /** While models load, requests would be answered by one that the user did not choose. */
  isModelPending: boolean;
  baselines: BaselineStore;
  service: EmotionService;
}

export interface TransportEvents {
  /** `null` when there was no speech. */
  onResult: (span: PredictedSpan, prediction: Prediction | null) => void;
  onSkipped: () => void;
  onRefused: (problem: Problem) => void;
  onServer: (server: ServerState) => void;
}

/** Gives recorded audio to what answers, and reports its results. */
export interface Transport {
  record: (stream: MediaStream, onFailure: (error: unknown) => void) => Promise<StopRecording>;
  /** Call when the settings changed. */
  follow: () => void;
  /** Call after the last audio. Open requests may still be answered. */
  finish: () => void;
  close: () => void;
}
