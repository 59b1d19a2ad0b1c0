import { afterEach, describe, expect, it, vi } from 'vitest';
import { VOICES_KEY, VoiceStore, voiceOf } from './voiceStore';

const KIND = 'a1b2c3';
const voice = (token: string, speechS = 9) => ({ token, speechS });

function learned(token = 'learned') {
  const voices = new VoiceStore();
  voices.learn(KIND, voice(token));
  return voices;
}

function tokenOf(voices: VoiceStore, kind = KIND) {
  return voices.take(kind).token;
}

afterEach(() => {
  localStorage.clear();
});

describe('a learned voice', () => {
  it('is kept in the browser, for models of its kind alone', () => {
    learned();
    const voices = new VoiceStore();
    expect(tokenOf(voices)).toBe('learned');
    expect(tokenOf(voices, 'another')).toBeUndefined();
  });

  it('is replaced when it is learned anew, with all that grew from it', () => {
    const voices = learned();
    voices.grow(voices.take(KIND), voice('grown', 12));
    voices.learn(KIND, voice('anew'));
    expect(tokenOf(voices)).toBe('anew');
  });

  it('is forgotten wholly, of every kind', () => {
    const voices = learned();
    voices.learn('another', voice('other'));
    voices.grow(voices.take(KIND), voice('grown', 12));
    voices.forget();
    expect(tokenOf(voices)).toBeUndefined();
    expect(tokenOf(voices, 'another')).toBeUndefined();
    expect(localStorage.getItem(VOICES_KEY)).toBeNull();
  });

  it('is known to this page even where the browser stores nothing', () => {
    vi.spyOn(Storage.prototype, 'setItem').mockImplementation(() => {
      throw new DOMException('', 'QuotaExceededError');
    });
    const voices = learned();
    expect(tokenOf(voices)).toBe('learned');
    expect(voices.getState().cannotStore).toBe(true);
  });

  it.each([
    '{',
    '[]',
    JSON.stringify({ [KIND]: 'token' }),
    JSON.stringify({ [KIND]: { token: '', speechS: 9 } }),
    JSON.stringify({ [KIND]: { token: 'x', speechS: -1 } }),
  ])('is not read from %s', (stored) => {
    localStorage.setItem(VOICES_KEY, stored);
    expect(new VoiceStore().getState().learned).toEqual({});
  });

  it('is forgotten along with another tab', () => {
    const voices = learned();
    const stop = voices.followOtherTabs();
    localStorage.removeItem(VOICES_KEY);
    window.dispatchEvent(new StorageEvent('storage', { key: VOICES_KEY }));
    expect(tokenOf(voices)).toBeUndefined();
    stop();
  });
});

describe('a voice that is adapted to', () => {
  it('grows from answer to answer, and never reaches the storage', () => {
    const voices = learned();
    const before = localStorage.getItem(VOICES_KEY);
    voices.grow(voices.take(KIND), voice('grown once', 12));
    voices.grow(voices.take(KIND), voice('grown twice', 15));
    expect(voiceOf(voices.getState(), KIND)).toEqual(voice('grown twice', 15));
    expect(localStorage.getItem(VOICES_KEY)).toBe(before);
  });

  it('is not overwritten by the answer to an older request', () => {
    const voices = learned();
    const older = voices.take(KIND);
    voices.grow(voices.take(KIND), voice('newer', 12));
    voices.grow(older, voice('older', 12));
    expect(tokenOf(voices)).toBe('newer');
  });

  it.each([
    {
      after: 'the voice was forgotten',
      change: (voices: VoiceStore) => {
        voices.forget();
      },
      token: undefined,
    },
    {
      after: 'the session was cleared',
      change: (voices: VoiceStore) => {
        voices.endSession();
      },
      token: 'learned',
    },
    {
      after: 'adapting was turned off',
      change: (voices: VoiceStore) => {
        voices.adapt(false);
      },
      token: 'learned',
    },
    {
      after: 'another was learned',
      change: (voices: VoiceStore) => {
        voices.learn(KIND, voice('anew'));
      },
      token: 'anew',
    },
  ])('takes no answer that comes after $after', ({ change, token }) => {
    const voices = learned();
    const sent = voices.take(KIND);
    change(voices);
    voices.grow(sent, voice('late', 12));
    expect(tokenOf(voices)).toBe(token);
  });

  it('takes no late answer after a forgetting, even if it was sent without a voice', () => {
    const voices = new VoiceStore();
    const sent = voices.take(KIND);
    voices.forget();
    voices.grow(sent, voice('late'));
    expect(tokenOf(voices)).toBeUndefined();
  });

  it('ends with the session, which the learned one outlives', () => {
    const voices = learned();
    voices.grow(voices.take(KIND), voice('grown', 12));
    voices.endSession();
    expect(tokenOf(voices)).toBe('learned');
  });

  it('is off until it is turned on again, in this browser', () => {
    new VoiceStore().adapt(false);
    expect(new VoiceStore().getState().isAdapting).toBe(false);
  });
});

describe('a voice that the server cannot read', () => {
  it('goes, and the learned one below it stays', () => {
    const voices = learned();
    voices.grow(voices.take(KIND), voice('grown', 12));
    voices.drop(voices.take(KIND));
    expect(tokenOf(voices)).toBe('learned');
    expect(voices.getState().dropped).toEqual([]);
  });

  it('is told of when it was learned, until one is learned anew', () => {
    const voices = learned();
    voices.drop(voices.take(KIND));
    expect(tokenOf(voices)).toBeUndefined();
    expect(localStorage.getItem(VOICES_KEY)).toBeNull();
    expect(voices.getState().dropped).toEqual([KIND]);
    voices.learn(KIND, voice('anew'));
    expect(voices.getState().dropped).toEqual([]);
  });

  it('does not go when another has taken its place meanwhile', () => {
    const voices = learned();
    const sent = voices.take(KIND);
    voices.learn(KIND, voice('anew'));
    voices.drop(sent);
    expect(tokenOf(voices)).toBe('anew');
  });
});

it('tells its listeners of every change, and only those', () => {
  const voices = new VoiceStore();
  const listener = vi.fn();
  const stop = voices.subscribe(listener);
  voices.learn(KIND, voice('learned'));
  voices.take(KIND);
  expect(listener).toHaveBeenCalledOnce();
  stop();
  voices.forget();
  expect(listener).toHaveBeenCalledOnce();
});
