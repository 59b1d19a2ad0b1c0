import { describe, expect, it } from 'vitest';
import { happy, sad, sessionOf } from '@/test/fixtures';
import { distribution, emotionsOf, emotionResults, latestChange, noSpeechCount } from './sessionViews';

it('counts no speech apart, never as an emotion', () => {
  const session = sessionOf(happy, null, sad, null);
  expect(noSpeechCount(session)).toBe(2);
  const results = emotionResults(session);
  expect(distribution(results, ['Happy', 'Sad', 'Calm'])).toEqual([
    { emotion: 'Happy', count: 1, share: 0.5 },
    { emotion: 'Sad', count: 1, share: 0.5 },
    { emotion: 'Calm', count: 0, share: 0 },
  ]);
});

it('counts what is uncertain for no emotion', () => {
  const results = emotionResults(sessionOf(happy, { ...sad, low_information: true }));
  expect(distribution(results, ['Happy', 'Sad'])).toEqual([
    { emotion: 'Happy', count: 1, share: 0.5 },
    { emotion: 'Sad', count: 0, share: 0 },
  ]);
});

it('has no share of nothing', () => {
  expect(distribution([], ['Happy'])).toEqual([{ emotion: 'Happy', count: 0, share: 0 }]);
});

it('lists the emotions of the model first, then those of other models', () => {
  const bored = { ...happy, emotion: 'Bored', probabilities: { Bored: 0.7, Happy: 0.3 } };
  expect(emotionsOf(emotionResults(sessionOf(bored)), ['Sad', 'Happy'])).toEqual([
    'Sad',
    'Happy',
    'Bored',
  ]);
});

describe('the latest change', () => {
  it('stays the same while the emotion does', () => {
    const session = sessionOf(sad, happy, { ...happy, confidence: 0.9 });
    expect(latestChange(session)).toBe(session.results[1]);
  });

  it('is that the same emotion is uncertain no more', () => {
    const session = sessionOf({ ...happy, low_information: true }, happy, happy);
    expect(latestChange(session)).toBe(session.results[1]);
  });

  it('may be that there is no speech', () => {
    const session = sessionOf(happy, null, null);
    expect(latestChange(session)).toBe(session.results[1]);
  });

  it('is undefined before the first result', () => {
    expect(latestChange(sessionOf())).toBeUndefined();
  });
});
