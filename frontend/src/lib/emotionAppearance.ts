import type { CSSProperties } from 'react';

/** What is drawn for an emotion: a face, or a symbol where the emotion is not known here. */
export type Face =
  | 'angry'
  | 'astonished'
  | 'crying'
  | 'fearful'
  | 'frustrated'
  | 'nauseated'
  | 'neutral'
  | 'relieved'
  | 'smiling'
  | 'smirking'
  | 'starStruck'
  | 'yawning'
  | (typeof symbols)[number];

/** Hue and chroma of an OKLCH colour; the theme adds the lightness that suits light or dark. */
export interface EmotionAppearance {
  face: Face;
  hue: number;
  chroma: number;
}

const fear: EmotionAppearance = { face: 'fearful', hue: 300, chroma: 0.14 };
const surprise: EmotionAppearance = { face: 'astonished', hue: 345, chroma: 0.15 };

const knownAppearances = new Map<string, EmotionAppearance>([
  ['angry', { face: 'angry', hue: 25, chroma: 0.17 }],
  ['happy', { face: 'smiling', hue: 80, chroma: 0.15 }],
  ['sad', { face: 'crying', hue: 250, chroma: 0.13 }],
  ['disgust', { face: 'nauseated', hue: 140, chroma: 0.14 }],
  ['fear', fear],
  ['fearful', fear],
  ['neutral', { face: 'neutral', hue: 260, chroma: 0.03 }],
  ['calm', { face: 'relieved', hue: 190, chroma: 0.1 }],
  ['surprise', surprise],
  ['surprised', surprise],
  ['sarcastic', { face: 'smirking', hue: 50, chroma: 0.13 }],
  ['boredom', { face: 'yawning', hue: 225, chroma: 0.06 }],
  ['excited', { face: 'starStruck', hue: 110, chroma: 0.15 }],
  ['frustrated', { face: 'frustrated', hue: 5, chroma: 0.12 }],
]);

const symbols = ['blueDiamond', 'greenCircle', 'orangeDiamond', 'purpleCircle', 'star'] as const;

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
  const face = symbols[seed % symbols.length] ?? 'star';
  return { face, hue: Math.floor(seed / symbols.length) % 360, chroma: 0.12 };
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

export function isNeutral(emotion: string): boolean {
  return emotion.toLowerCase() === 'neutral';
}
