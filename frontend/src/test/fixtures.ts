import * as z from 'zod/mini';
import type { Session } from '@/features/session/lib/session';
import type { Model, Prediction } from '@/lib/apiSchemas';
import { comparisonSchema } from '@/lib/comparisonSchemas';
import type { SpeechTimeline, Timeline } from '@/lib/timelineSchemas';
import comparisonAnswer from './comparison.json';

export const happy: Prediction = {
  emotion: 'Happy',
  confidence: 0.8423,
  probabilities: { Angry: 0.0512, Happy: 0.8423, Sad: 0.0601, Disgust: 0.0464 },
  timestamp: '2026-02-17T15:45:00.000000',
  sentiment: 'positive',
  valence: 0.5904,
  arousal: 0.4598,
};

export const sad: Prediction = {
  ...happy,
  emotion: 'Sad',
  confidence: 0.64,
  probabilities: { Angry: 0.2, Happy: 0.06, Sad: 0.64, Disgust: 0.1 },
  sentiment: 'negative',
  valence: -0.5166,
  arousal: 0.0108,
};

export const model: Model = {
  name: 'bilstm-cremad',
  description: '4 emotions, trained on CREMA-D',
  task: 'emotion',
  group: 'recommended',
  emotions: ['Angry', 'Happy', 'Sad', 'Disgust'],
  corpus: 'CREMA-D',
  licence: 'Open Database License (ODbL) 1.0',
  licence_url: 'https://opendatacommons.org/licenses/odbl/1-0/',
  weights_licence: 'MIT; made from CREMA-D',
  restricted: false,
  also_trained_on: [],
  uar: 0.6234,
  unseen_speakers: 18,
  cross_validated: null,
  parameters: 427_844,
  card_url: '/models/bilstm-cremad/card',
  baseline_kind: 'a1b2c3',
  takes_baseline: true,
  abstains_below: 0.45,
  abstains_below_unknown: 0.7,
  min_baseline_s: 5,
  tells_intensity: false,
};

export const otherModel: Model = {
  ...model,
  name: 'other',
  description: 'Another one',
  uar: null,
  unseen_speakers: null,
  card_url: '/models/other/card',
};

export const publishedModel: Model = {
  ...otherModel,
  name: 'dense-105',
  group: 'published',
  weights_licence: 'CC BY-NC-SA 4.0 (non-commercial), as RAVDESS, which it was trained on',
  restricted: true,
};

/** Invented, as the server's tests take it: ten systems in five groups. */
export const comparison = z.parse(comparisonSchema, comparisonAnswer);

export function audioFile(name = 'clip.wav', sizeBytes = 100): File {
  return new File([new Uint8Array(sizeBytes)], name, { type: 'audio/wav' });
}

/** A session with these results, three seconds each; `null` is no speech. */
export function sessionOf(...predictions: (Prediction | null)[]): Session {
  const startedAtMs = Date.UTC(2026, 1, 17, 15, 45);
  const results = predictions.map((prediction, i) => ({
    id: i + 1,
    startS: 3 * i,
    endS: 3 * (i + 1),
    endedAtMs: startedAtMs + 3000 * (i + 1),
    model: model.name,
    prediction,
  }));
  const endedAtMs = startedAtMs + 3000 * predictions.length;
  return { results, skippedCount: 0, run: { startedAtMs, offsetS: 0, endedAtMs } };
}

const happyWindow = {
  emotion: happy.emotion,
  confidence: happy.confidence,
  probabilities: happy.probabilities,
};
const sadWindow = {
  emotion: sad.emotion,
  confidence: sad.confidence,
  probabilities: sad.probabilities,
};

/** A clip with one window. */
export const happyTimeline: SpeechTimeline = {
  ...happyWindow,
  confidence: 1,
  low_information: false,
  duration_s: 2.4,
  speech_s: 2,
  silence_s: 0.4,
  truncated: false,
  mixed: false,
  window_vote: { emotion: 'Happy', share: 1 },
  baseline: 'recording',
  model: 'bilstm-cremad',
  distribution: { Angry: 0, Happy: 2, Sad: 0, Disgust: 0 },
  segments: [{ ...happyWindow, start_s: 0.2, end_s: 2.2, low_information: false }],
  windows: [{ ...happyWindow, start_s: 0.2, end_s: 2.2 }],
  timestamp: happy.timestamp,
  sentiment: happy.sentiment,
  valence: happy.valence,
  arousal: happy.arousal,
};

/** A recording: happy for 6 s and, after a pause, sad for 4 s. */
export const twoPartTimeline: SpeechTimeline = {
  ...happyTimeline,
  confidence: 0.6,
  window_vote: { emotion: 'Happy', share: 2 / 3 },
  duration_s: 12,
  speech_s: 10,
  silence_s: 2,
  distribution: { Angry: 0, Happy: 6, Sad: 4, Disgust: 0 },
  segments: [
    { ...happyWindow, start_s: 0, end_s: 6, low_information: false },
    { ...sadWindow, start_s: 8, end_s: 12, low_information: true },
  ],
  windows: [
    { ...happyWindow, start_s: 0, end_s: 3 },
    { ...happyWindow, start_s: 3, end_s: 6 },
    { ...sadWindow, start_s: 8, end_s: 12 },
  ],
};

/** A recording with as much happy as sad speech. */
export const mixedTimeline: SpeechTimeline = {
  ...twoPartTimeline,
  confidence: 0.5,
  mixed: true,
  distribution: { Angry: 0, Happy: 5, Sad: 4.8, Disgust: 0.2 },
};

export const silentTimeline: Timeline = {
  ...happyTimeline,
  emotion: null,
  confidence: null,
  window_vote: null,
  probabilities: null,
  sentiment: null,
  valence: null,
  arousal: null,
  duration_s: 65,
  speech_s: 0,
  silence_s: 65,
  distribution: {},
  segments: [],
  windows: [],
};
