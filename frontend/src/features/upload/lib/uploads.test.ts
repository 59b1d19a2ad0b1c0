import { describe, expect, it } from 'vitest';
import { audioFile, happyTimeline } from '@/test/fixtures';
import { isPlayable, latestWithOutcome, newUpload, uploadsReducer, type Upload, type UploadsAction } from './uploads';

function after(...actions: UploadsAction[]): Upload[] {
  return actions.reduce(uploadsReducer, []);
}

const added = (...ids: string[]): UploadsAction => ({
  type: 'added',
  uploads: ids.map((id) => ({ ...newUpload(audioFile(`${id}.wav`)), id })),
});
const done = (id: string): UploadsAction => ({
  type: 'changed',
  id,
  state: { phase: 'done', timeline: happyTimeline, asked: {} },
});

function phases(uploads: Upload[]) {
  return uploads.map(({ id, state }) => [id, state.phase]);
}

it('gives each file an id of its own, the same file too', () => {
  const file = audioFile();
  const ids = Array.from({ length: 100 }, () => newUpload(file).id);
  expect(new Set(ids).size).toBe(100);
});

it('tells recordings from exported analyses', () => {
  const kindOf = (name: string, type: string) => newUpload(new File([], name, { type })).kind;
  expect(kindOf('call.JSON', '')).toBe('analysis');
  expect(kindOf('call', 'application/json')).toBe('analysis');
  expect(kindOf('call.wav', 'audio/wav')).toBe('recording');
});

it('removes one, and leaves the others as they are', () => {
  expect(phases(after(added('a', 'b'), done('b'), { type: 'removed', id: 'a' }))).toEqual([['b', 'done']]);
});

it.each([
  ['decode_failed', false],
  ['server_away', true],
])('plays what the server did not refuse: %s', (code, expected) => {
  const upload = newUpload(audioFile());
  const problem = { code, title: 'It did not work', remedy: 'Do this.' };
  expect(isPlayable({ ...upload, state: { phase: 'failed', problem } })).toBe(expected);
});

it('cancels what has not ended', () => {
  expect(phases(after(added('a', 'b', 'c'), done('a'), { type: 'all_cancelled' }))).toEqual([
    ['a', 'done'],
    ['b', 'cancelled'],
    ['c', 'cancelled'],
  ]);
  expect(phases(after(added('a'), done('a'), { type: 'cancelled', id: 'a' }))).toEqual([['a', 'done']]);
});

it('clears what has ended', () => {
  expect(phases(after(added('a', 'b'), done('a'), { type: 'cleared' }))).toEqual([['b', 'waiting']]);
});

describe('the latest outcome', () => {
  const cancelled = (id: string): UploadsAction => ({ type: 'cancelled', id });
  const waiting = (id: string): UploadsAction => ({
    type: 'changed',
    id,
    state: { phase: 'waiting' },
  });

  it.each<[string, UploadsAction[], string | undefined]>([
    ['none yet', [], undefined],
    ['in the order of the list', [done('a'), done('b')], 'b'],
    ['a file tried again', [done('a'), done('b'), waiting('a'), done('a')], 'a'],
    ['while a file is tried again', [done('a'), done('b'), waiting('b')], 'a'],
    ['not what was cancelled', [done('a'), cancelled('c')], 'a'],
  ])('%s', (_case, actions, id) => {
    expect(latestWithOutcome(after(added('a', 'b', 'c'), ...actions))?.id).toBe(id);
  });
});
