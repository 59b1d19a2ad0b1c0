import { expect, it } from 'vitest';
import { emotionAppearance } from './emotionAppearance';

it('gives every known emotion an emoji of its own', () => {
  const known = [
    'Angry',
    'Happy',
    'Sad',
    'Disgust',
    'Fear',
    'Neutral',
    'Calm',
    'Surprise',
    'Sarcastic',
  ];
  const emojis = known.map((emotion) => emotionAppearance(emotion).emoji);
  expect(new Set(emojis).size).toBe(known.length);
});

it.each(['Bored', 'constructor'])('gives the unknown "%s" a neutral one', (emotion) => {
  expect(emotionAppearance(emotion)).toEqual({ emoji: '🗣️', hue: 260, chroma: 0.03 });
});
