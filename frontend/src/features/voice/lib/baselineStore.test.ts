import { afterEach, describe, expect, it, vi } from 'vitest';
import { BASELINES_KEY, BaselineStore, baselineOf } from './baselineStore';

const KIND = 'a1b2c3';
const voice = (token: string, speechS = 9) => ({ token, speechS });

function learned(token = 'learned') {
  const baselines = new BaselineStore();
  baselines.learn(KIND, voice(token));
  return baselines;
}

function tokenOf(baselines: BaselineStore, kind = KIND) {
  return baselines.take(kind).token;
}

afterEach(() => {
  localStorage.clear();
});

describe('a learned voice', () => {
  it('is kept in the browser, for models of its kind alone', () => {
    learned();
    const baselines = new BaselineStore();
    expect(tokenOf(baselines)).toBe('learned');
    expect(tokenOf(baselines, 'another')).toBeUndefined();
  });

  it('is replaced when it is learned anew, with all that grew from it', () => {
    const baselines = learned();
    baselines.grow(baselines.take(KIND), voice('grown', 12));
    baselines.learn(KIND, voice('anew'));
    expect(tokenOf(baselines)).toBe('anew');
  });

  it('is forgotten wholly, of every kind', () => {
    const baselines = learned();
    baselines.learn('another', voice('other'));
    baselines.grow(baselines.take(KIND), voice('grown', 12));
    baselines.forget();
    expect(tokenOf(baselines)).toBeUndefined();
    expect(tokenOf(baselines, 'another')).toBeUndefined();
    expect(localStorage.getItem(BASELINES_KEY)).toBeNull();
  });

  it('is known to this page even where the browser stores nothing', () => {
    vi.spyOn(Storage.prototype, 'setItem').mockImplementation(() => {
      throw new DOMException('', 'QuotaExceededError');
    });
    const baselines = learned();
    expect(tokenOf(baselines)).toBe('learned');
    expect(baselines.getState().cannotStore).toBe(true);
  });

  it.each([
    '{',
    '[]',
    JSON.stringify({ [KIND]: 'token' }),
    JSON.stringify({ [KIND]: { token: '', speechS: 9 } }),
    JSON.stringify({ [KIND]: { token: 'x', speechS: -1 } }),
  ])('is not read from %s', (stored) => {
    localStorage.setItem(BASELINES_KEY, stored);
    expect(new BaselineStore().getState().learned).toEqual({});
  });

  it('is forgotten along with another tab', () => {
    const baselines = learned();
    const stop = baselines.followOtherTabs();
    localStorage.removeItem(BASELINES_KEY);
    window.dispatchEvent(new StorageEvent('storage', { key: BASELINES_KEY }));
    expect(tokenOf(baselines)).toBeUndefined();
    stop();
  });
});

describe('a voice that is adapted to', () => {
  it('grows from answer to answer, and never reaches the storage', () => {
    const baselines = learned();
    const before = localStorage.getItem(BASELINES_KEY);
    baselines.grow(baselines.take(KIND), voice('grown once', 12));
    baselines.grow(baselines.take(KIND), voice('grown twice', 15));
    expect(baselineOf(baselines.getState(), KIND)).toEqual(voice('grown twice', 15));
    expect(localStorage.getItem(BASELINES_KEY)).toBe(before);
  });

  it('is not overwritten by the answer to an older request', () => {
    const baselines = learned();
    const older = baselines.take(KIND);
    baselines.grow(baselines.take(KIND), voice('newer', 12));
    baselines.grow(older, voice('older', 12));
    expect(tokenOf(baselines)).toBe('newer');
  });

  it.each([
    {
      after: 'the voice was forgotten',
      change: (baselines: BaselineStore) => {
        baselines.forget();
      },
      token: undefined,
    },
    {
      after: 'the session was cleared',
      change: (baselines: BaselineStore) => {
        baselines.endSession();
      },
      token: 'learned',
    },
    {
      after: 'adapting was turned off',
      change: (baselines: BaselineStore) => {
        baselines.adapt(false);
      },
      token: 'learned',
    },
    {
      after: 'another was learned',
      change: (baselines: BaselineStore) => {
        baselines.learn(KIND, voice('anew'));
      },
      token: 'anew',
    },
  ])('takes no answer that comes after $after', ({ change, token }) => {
    const baselines = learned();
    const sent = baselines.take(KIND);
    change(baselines);
    baselines.grow(sent, voice('late', 12));
    expect(tokenOf(baselines)).toBe(token);
  });

  it('takes no late answer after a forgetting, even if it was sent without a voice', () => {
    const baselines = new BaselineStore();
    const sent = baselines.take(KIND);
    baselines.forget();
    baselines.grow(sent, voice('late'));
    expect(tokenOf(baselines)).toBeUndefined();
  });

  it('ends with the session, which the learned one outlives', () => {
    const baselines = learned();
    baselines.grow(baselines.take(KIND), voice('grown', 12));
    baselines.endSession();
    expect(tokenOf(baselines)).toBe('learned');
  });

  it('is off until it is turned on again, in this browser', () => {
    new BaselineStore().adapt(false);
    expect(new BaselineStore().getState().isAdapting).toBe(false);
  });
});

describe('a voice that the server cannot read', () => {
  it('goes, and the learned one below it stays', () => {
    const baselines = learned();
    baselines.grow(baselines.take(KIND), voice('grown', 12));
    baselines.drop(baselines.take(KIND));
    expect(tokenOf(baselines)).toBe('learned');
    expect(baselines.getState().dropped).toEqual([]);
  });

  it('is reported as dropped, until one is learned again', () => {
    const baselines = learned();
    baselines.drop(baselines.take(KIND));
    expect(tokenOf(baselines)).toBeUndefined();
    expect(localStorage.getItem(BASELINES_KEY)).toBeNull();
    expect(baselines.getState().dropped).toEqual([KIND]);
    baselines.learn(KIND, voice('anew'));
    expect(baselines.getState().dropped).toEqual([]);
  });

  it('does not go when another has taken its place meanwhile', () => {
    const baselines = learned();
    const sent = baselines.take(KIND);
    baselines.learn(KIND, voice('anew'));
    baselines.drop(sent);
    expect(tokenOf(baselines)).toBe('anew');
  });
});

it('notifies its listeners of every change, and only those', () => {
  const baselines = new BaselineStore();
  const listener = vi.fn();
  const stop = baselines.subscribe(listener);
  baselines.learn(KIND, voice('learned'));
  baselines.take(KIND);
  expect(listener).toHaveBeenCalledOnce();
  stop();
  baselines.forget();
  expect(listener).toHaveBeenCalledOnce();
});
