import { describe, expect, it } from 'vitest';
import { happy } from '@/test/fixtures';
import {
  durationS,
  emptySession,
  endWithLastResult,
  sessionReducer,
  type Session,
  type SessionAction,
} from './session';

function after(...actions: SessionAction[]): Session {
  return actions.reduce(sessionReducer, emptySession);
}

/** Seconds since the run began; the system clock does not matter here. */
function results(startS: number, endS: number): SessionAction {
  return { type: 'result', chunk: { startS, endS, endedAtMs: 0, model: 'm' }, prediction: happy };
}

const started = (atMs: number): SessionAction => ({ type: 'started', atMs });
const stopped = (atMs: number): SessionAction => ({ type: 'stopped', atMs });
const cleared = (atMs: number): SessionAction => ({ type: 'cleared', atMs });

describe('the duration', () => {
  it.each<[string, SessionAction[], number]>([
    ['nothing', [], 0],
    ['a run that goes on', [started(10_000)], 90],
    ['a run that ended', [started(10_000), stopped(14_000)], 4],
    ['two runs, without the pause', [started(10_000), stopped(14_000), started(90_000)], 14],
    ['a run whose clock was set back', [started(200_000), results(0, 3)], 3],
    ['a run that was cleared', [started(10_000), cleared(95_000)], 5],
    ['an ended run that was cleared', [started(10_000), stopped(14_000), cleared(95_000)], 0],
  ])('of %s', (_case, actions, seconds) => {
    expect(durationS(after(...actions), 100_000)).toBe(seconds);
  });
});

describe('a result', () => {
  it('lies in the time listened to, whatever pauses there were', () => {
    const session = after(
      started(10_000),
      results(-0.1, 3),
      stopped(14_000),
      started(90_000),
      results(0, 3),
    );
    expect(session.results.map(({ id, startS, endS }) => [id, startS, endS])).toEqual([
      [1, 0, 3],
      [2, 4, 7],
    ]);
  });

  it('may arrive after listening stopped', () => {
    expect(after(started(0), stopped(4000), results(0, 3)).results).toHaveLength(1);
  });

  it('is not taken when it belongs to what was cleared', () => {
    expect(after(started(0), cleared(4000), results(-4, -1)).results).toEqual([]);
    expect(after(started(0), stopped(4000), cleared(5000), results(0, 3)).results).toEqual([]);
  });
});

it('counts what was skipped', () => {
  expect(after({ type: 'skipped' }, { type: 'skipped' }).skippedCount).toBe(2);
});

it('ends a restored session with its last result', () => {
  const restored = endWithLastResult(after(started(0), results(0, 3), results(3, 6)));
  expect(durationS(restored, 1_000_000)).toBe(6);
  expect(durationS(endWithLastResult(after(started(5000))), 1_000_000)).toBe(0);
  expect(endWithLastResult(emptySession)).toBe(emptySession);
});
