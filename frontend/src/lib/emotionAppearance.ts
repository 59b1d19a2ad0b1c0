import type { CSSProperties } from 'react';

/** Hue and chroma of an OKLCH colour; the theme adds the lightness that suits light or dark. */
export interface EmotionAppearance {
  emoji: string;
  hue: number;
  chroma: number;
}

const fear: EmotionAppearance = { emoji: '😨', hue: 300, chroma: 0.14 };
const surprise: EmotionAppearance = { emoji: '😲', hue: 345, chroma: 0.15 };

const knownAppearances = new Map<string, EmotionAppearance>([
  ['angry', { emoji: '😠', hue: 25, chroma: 0.17 }],
  ['happy', { emoji: '😊', hue: 80, chroma: 0.15 }],
  ['sad', { emoji: '😢', hue: 250, chroma: 0.13 }],
  ['disgust', { emoji: '🤢', hue: 140, chroma: 0.14 }],
  ['fear', fear],
  ['fearful', fear],
  ['neutral', { emoji: '😐', hue: 260, chroma: 0.03 }],
  ['calm', { emoji: '😌', hue: 190, chroma: 0.1 }],
  ['surprise', surprise],
  ['surprised', surprise],
  ['sarcastic', { emoji: '😏', hue: 50, chroma: 0.13 }],
  ['boredom', { emoji: '🥱', hue: 225, chroma: 0.06 }],
  ['excited', { emoji: '🤩', hue: 110, chroma: 0.15 }],
  ['frustrated', { emoji: '😤', hue: 5, chroma: 0.12 }],
]);

const symbols = ['🔷', '🔶', '🟣', '🟢', '🔺', '⭐', '🌀', '🍀', '🎈', '💠', '🌙', '☀️', '⚡'];

/** FNV-1a: the same number for the same name. */
function hash(name: string): number {
  let value = 0x811c9dc5;
  for (let i = 0; i < name.length; i++) {
    value = Math.imul(value ^ name.charCodeAt(i), 0x01000193) >>> 0;
  }
  return value;
}

function generateAppearance(emotion: string): EmotionAppearance {
  const seed = hash(emotion);
  const emoji = symbols[seed % symbols.length] ?? '🗣️';
  return { emoji, hue: Math.floor(seed / symbols.length) % 360, chroma: 0.12 };
}

export function emotionAppearance(emotion: string): EmotionAppearance {
  const name = emotion.toLowerCase();
  return knownAppearances.get(name) ?? generateAppearance(name);
}

/** The custom properties from which a style sheet mixes the colour of an emotion. */
export function emotionStyle(emotion: string): CSSProperties {
  const { hue, chroma } = emotionAppearance(emotion);
  return { '--emotion-hue': hue, '--emotion-chroma': chroma } as CSSProperties;
}
