import { describe, expect, it } from 'vitest';
import { audioFile, happyTimeline } from '@/test/fixtures';
import { latestWithOutcome, uploadsReducer, type Upload, type UploadsAction } from './uploads';

function after(...actions: UploadsAction[]): Upload[] {
  return actions.reduce(uploadsReducer, []);
}

const added = (...names: string[]): UploadsAction => ({
  type: 'added',
  files: names.map((name) => audioFile(name)),
});
const done = (id: number): UploadsAction => ({
  type: 'changed',
  id,
  state: { phase: 'done', timeline: happyTimeline },
});

function phases(uploads: Upload[]) {
  return uploads.map(({ id, state }) => [id, state.phase]);
}

it('gives each file a number of its own, the second time too', () => {
  expect(phases(after(added('a', 'b'), added('a')))).toEqual([
    [1, 'waiting'],
    [2, 'waiting'],
    [3, 'waiting'],
  ]);
});

it('cancels what has not ended', () => {
  expect(phases(after(added('a', 'b', 'c'), done(1), { type: 'all_cancelled' }))).toEqual([
    [1, 'done'],
    [2, 'cancelled'],
    [3, 'cancelled'],
  ]);
  expect(phases(after(added('a'), done(1), { type: 'cancelled', id: 1 }))).toEqual([[1, 'done']]);
});

it('clears what has ended', () => {
  expect(phases(after(added('a', 'b'), done(1), { type: 'cleared' }))).toEqual([[2, 'waiting']]);
});

describe('the latest outcome', () => {
  const cancelled = (id: number): UploadsAction => ({ type: 'cancelled', id });
  const waiting = (id: number): UploadsAction => ({
    type: 'changed',
    id,
    state: { phase: 'waiting' },
  });

  it.each<[string, UploadsAction[], number | undefined]>([
    ['none yet', [], undefined],
    ['in the order of the list', [done(1), done(2)], 2],
    ['a file tried again', [done(1), done(2), waiting(1), done(1)], 1],
    ['while a file is tried again', [done(1), done(2), waiting(2)], 1],
    ['not what was cancelled', [done(1), cancelled(3)], 1],
  ])('%s', (_case, actions, id) => {
    expect(latestWithOutcome(after(added('a', 'b', 'c'), ...actions))?.id).toBe(id);
  });
});
