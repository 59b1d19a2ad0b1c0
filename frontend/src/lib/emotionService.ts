import type { LiveLine } from 'ser-web/live';
import type { BaselineAnswer, PredictAnswer } from './apiSchemas';
import type { AnalyzeOptions, ClipOptions, PredictOptions } from './apiService';
import type { Timeline } from './timelineSchemas';

export interface StreamOptions {
  sampleRateHz: number;
  baseline: string | undefined;
  adapt: boolean;
}

/** A live stream that this device answers. */
export interface DeviceStream {
  /** Takes mono pieces, and leaves results out of all but the last one. */
  feed: (pieces: Float32Array[]) => Promise<LiveLine[]>;
  /** The last lines. */
  finish: () => Promise<LiveLine[]>;
  close: () => void;
}

/** What answers: the server, or this device. */
export interface EmotionService {
  predict: (clip: File, options: PredictOptions) => Promise<PredictAnswer>;
  /** Makes a baseline of ordinary speech. */
  baseline: (speech: File, options: ClipOptions) => Promise<BaselineAnswer>;
  /** Analyses a recording, and reports the progress. */
  analyze: (recording: File, options: AnalyzeOptions) => Promise<Timeline>;
  /** Where there is none, streams are the server's. */
  openStream?: (options: StreamOptions) => Promise<DeviceStream>;
}
