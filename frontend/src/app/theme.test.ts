import { describe, expect, it } from 'vitest';
import { emotionAppearance } from '@/lib/emotionAppearance';
import { contrast, hexToRgb, oklchToRgb } from '@/test/contrast';
import css from './theme.css?raw';

const emotions = [
  'Angry',
  'Happy',
  'Sad',
  'Disgust',
  'Fear',
  'Neutral',
  'Calm',
  'Surprise',
  'Sarcastic',
  'Bored',
];

function block(selector: string): string {
  const start = css.indexOf(`${selector} {`);
  return css.slice(start, css.indexOf('}', start));
}

/** The dark theme changes some of what `:root` sets. */
function property(name: string, theme: 'light' | 'dark'): string {
  const blocks = theme === 'dark' ? [block("[data-bs-theme='dark']")] : [];
  const declared = [...blocks, block(':root')]
    .map((text) => new RegExp(`${name}: ([^;]+);`).exec(text)?.[1])
    .find((value) => value !== undefined);
  if (declared === undefined) throw new Error(`theme.css does not set ${name}.`);
  return declared;
}

describe.each(['light', 'dark'] as const)('in the %s theme', (theme) => {
  const color = (name: string) => hexToRgb(property(name, theme));
  const card = color('--ser-card-bg');
  const track = color('--ser-track');

  it.each(emotions)('%s stands out from the card and from the track of a bar', (emotion) => {
    const lightness = Number(property('--ser-emotion-lightness', theme));
    const { chroma, hue } = emotionAppearance(emotion);
    const fill = oklchToRgb(lightness, chroma, hue);
    expect(contrast(fill, card)).toBeGreaterThanOrEqual(4.5);
    expect(contrast(fill, track)).toBeGreaterThanOrEqual(3);
  });

  it('the level meter stands out from its track, and white from a button', () => {
    expect(contrast(color('--ser-accent'), track)).toBeGreaterThanOrEqual(3);
    expect(contrast(color('--ser-accent'), hexToRgb('#fff'))).toBeGreaterThanOrEqual(4.5);
  });

  it('the waveform of a file stands out from the card', () => {
    expect(contrast(color('--ser-wave'), card)).toBeGreaterThanOrEqual(3);
    expect(contrast(color('--ser-accent-text'), card)).toBeGreaterThanOrEqual(3);
  });
});
