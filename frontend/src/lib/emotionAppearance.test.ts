import { expect, it } from 'vitest';
import { emotionAppearance } from './emotionAppearance';

it('gives every known emotion a face of its own', () => {
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
    'Boredom',
    'Excited',
    'Frustrated',
  ];
  const faces = known.map((emotion) => emotionAppearance(emotion).face);
  expect(new Set(faces).size).toBe(known.length);
});

it.each([
  ['Fear', 'Fearful'],
  ['Surprise', 'Surprised'],
  ['Happy', 'happy'],
  ['Bored', 'BORED'],
])('shows %s and %s as the same', (one, other) => {
  expect(emotionAppearance(one)).toEqual(emotionAppearance(other));
});

it.each(['Bored', 'constructor', ''])('makes up an appearance for "%s" that stays', (emotion) => {
  const appearance = emotionAppearance(emotion);
  expect(appearance).toEqual(emotionAppearance(emotion));
  expect(appearance.hue).toBeLessThan(360);
});

it('gives unknown emotions different colours', () => {
  const hues = ['Bored', 'Proud', 'Ashamed', 'Curious'].map((e) => emotionAppearance(e).hue);
  expect(new Set(hues).size).toBe(hues.length);
});
