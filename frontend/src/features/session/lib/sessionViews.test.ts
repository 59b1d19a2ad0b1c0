import { describe, expect, it } from 'vitest';
import { happy, sad, sessionOf } from '../../../test/fixtures';
import { distribution, emotionsOf, heardEmotions, latestNews, noSpeechCount } from './sessionViews';

it('counts no speech apart, never as an emotion', () => {
  const session = sessionOf(happy, null, sad, null);
  expect(noSpeechCount(session)).toBe(2);
  const heard = heardEmotions(session);
  expect(distribution(heard, ['Happy', 'Sad', 'Calm'])).toEqual([
    { emotion: 'Happy', count: 1, share: 0.5 },
    { emotion: 'Sad', count: 1, share: 0.5 },
    { emotion: 'Calm', count: 0, share: 0 },
  ]);
});

it('has no share of nothing', () => {
  expect(distribution([], ['Happy'])).toEqual([{ emotion: 'Happy', count: 0, share: 0 }]);
});

it('lists the emotions of the model first, then what other models heard', () => {
  const bored = { ...happy, emotion: 'Bored', probabilities: { Bored: 0.7, Happy: 0.3 } };
  expect(emotionsOf(heardEmotions(sessionOf(bored)), ['Sad', 'Happy'])).toEqual([
    'Sad',
    'Happy',
    'Bored',
  ]);
});

describe('the latest news', () => {
  it('stays the same while the emotion does', () => {
    const session = sessionOf(sad, happy, { ...happy, confidence: 0.9 });
    expect(latestNews(session)).toBe(session.heard[1]);
  });

  it('is that the same emotion is uncertain no more', () => {
    const session = sessionOf({ ...happy, low_information: true }, happy, happy);
    expect(latestNews(session)).toBe(session.heard[1]);
  });

  it('may be that there is no speech', () => {
    const session = sessionOf(happy, null, null);
    expect(latestNews(session)).toBe(session.heard[1]);
  });

  it('is nothing before anything was heard', () => {
    expect(latestNews(sessionOf())).toBeUndefined();
  });
});
