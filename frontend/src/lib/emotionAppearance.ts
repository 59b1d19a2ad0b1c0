import type { CSSProperties } from 'react';

/** Hue and chroma of an OKLCH colour; the theme adds the lightness that suits light or dark. */
export interface EmotionAppearance {
  emoji: string;
  hue: number;
  chroma: number;
}

const appearances = new Map<string, EmotionAppearance>([
  ['Angry', { emoji: '😠', hue: 25, chroma: 0.17 }],
  ['Happy', { emoji: '😊', hue: 80, chroma: 0.15 }],
  ['Sad', { emoji: '😢', hue: 250, chroma: 0.13 }],
  ['Disgust', { emoji: '🤢', hue: 140, chroma: 0.14 }],
  ['Fear', { emoji: '😨', hue: 300, chroma: 0.14 }],
  ['Neutral', { emoji: '😐', hue: 260, chroma: 0.03 }],
  ['Calm', { emoji: '😌', hue: 190, chroma: 0.1 }],
  ['Surprise', { emoji: '😲', hue: 345, chroma: 0.15 }],
  ['Sarcastic', { emoji: '😏', hue: 50, chroma: 0.13 }],
]);

const unknownEmotion: EmotionAppearance = { emoji: '🗣️', hue: 260, chroma: 0.03 };

export function emotionAppearance(emotion: string): EmotionAppearance {
  return appearances.get(emotion) ?? unknownEmotion;
}

/** The custom properties from which a style sheet mixes the colour of an emotion. */
export function emotionStyle(emotion: string): CSSProperties {
  const { hue, chroma } = emotionAppearance(emotion);
  return { '--emotion-hue': hue, '--emotion-chroma': chroma } as CSSProperties;
}
