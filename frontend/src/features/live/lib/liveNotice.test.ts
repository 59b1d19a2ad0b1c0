import { expect, it } from 'vitest';
import { liveNotice, type LiveNoticeInput } from './liveNotice';

const calm: LiveNoticeInput = {
  phase: 'listening',
  server: { kind: 'up' },
  problem: null,
  isSilent: false,
};
const problem = { code: 'too_short', title: 'Audio too short', remedy: 'Speak longer.' };
const down = {
  kind: 'down',
  problem: { code: 'server_away', title: 'The server cannot be reached', remedy: '' },
  retryInS: 4,
} as const;

it.each<[string, Partial<LiveNoticeInput>]>([
  ['Ready when you are', { phase: 'idle' }],
  ['Waiting for the microphone', { phase: 'asking' }],
  ['Listening', {}],
  ['We hear nothing from the microphone', { isSilent: true }],
  ['The server is back', { server: { kind: 'back' } }],
  ['Audio too short', { problem, isSilent: true }],
  ['The server cannot be reached', { server: down, problem, isSilent: true }],
])('says "%s" for %o', (title, input) => {
  expect(liveNotice({ ...calm, ...input }).title).toBe(title);
});

it('says when a server that is away is tried again', () => {
  expect(liveNotice({ ...calm, server: down }).detail).toContain('Next try in 4 s');
});
