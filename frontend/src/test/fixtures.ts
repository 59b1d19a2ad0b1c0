import type { Prediction } from '../lib/apiSchemas';

export const happy: Prediction = {
  emotion: 'Happy',
  confidence: 0.8423,
  probabilities: { Angry: 0.0512, Happy: 0.8423, Sad: 0.0601, Disgust: 0.0464 },
  timestamp: '2026-02-17T15:45:00.000000',
};

export const sad: Prediction = {
  ...happy,
  emotion: 'Sad',
  confidence: 0.64,
  probabilities: { Angry: 0.2, Happy: 0.06, Sad: 0.64, Disgust: 0.1 },
};

export function audioFile(name = 'clip.wav', sizeBytes = 100): File {
  return new File([new Uint8Array(sizeBytes)], name, { type: 'audio/wav' });
}
