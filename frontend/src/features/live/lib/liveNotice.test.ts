import { expect, it } from 'vitest';
import { liveNotice, type LiveNoticeInput } from './liveNotice';

const info: LiveNoticeInput = {
  phase: 'listening',
  mode: 'chunks',
  server: { kind: 'up' },
  problem: null,
  modelsProblem: null,
  isSilent: false,
};
const problem = { code: 'too_short', title: 'Audio too short', remedy: 'Speak longer.' };
const down = {
  kind: 'down',
  problem: { code: 'server_away', title: 'The server cannot be reached', remedy: '' },
  retryInS: 4,
} as const;

it.each<[string, Partial<LiveNoticeInput>]>([
  ['Ready', { phase: 'idle' }],
  ['Waiting for the microphone', { phase: 'asking' }],
  ['Listening', {}],
  ['The microphone is silent', { isSilent: true }],
  ['The server is back', { server: { kind: 'back' } }],
  ['Answers come too slowly', { server: { kind: 'slow' } }],
  ['Audio too short', { problem, isSilent: true }],
  ['The models could not be loaded', { phase: 'idle', modelsProblem: problem }],
  ['The models could not be loaded', { modelsProblem: problem, isSilent: true }],
  ['The server cannot be reached', { server: down, problem, isSilent: true }],
])('says "%s" for %o', (title, input) => {
  expect(liveNotice({ ...info, ...input }).title).toBe(title);
});

it('says when a server that is away is tried again', () => {
  expect(liveNotice({ ...info, server: down }).detail).toContain('Next try in 4 s');
});

it('says why nothing is sent where the models are not known', () => {
  const { tone, detail } = liveNotice({ ...info, modelsProblem: down.problem });
  expect(tone).toBe('problem');
  expect(detail).toMatch(/^The server cannot be reached. Nothing is sent until the list of models is there/);
});

it.each([
  ['chunks', '3 seconds'],
  ['stream', 'Two results per second'],
] as const)('says how it listens: %s', (mode, words) => {
  expect(liveNotice({ ...info, mode }).detail).toContain(words);
});
