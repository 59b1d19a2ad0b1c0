import { http, HttpResponse } from 'msw';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { audioFile, happy } from '../test/fixtures';
import { server } from '../test/server';
import { predictVoice } from './predictVoice';
import { VoiceStore, voiceOf } from './voiceStore';

const KIND = 'a1b2c3';
const grown = { ...happy, baseline: 'grown', baseline_speech_s: 12.5 };
const badBaseline = { error: 'The baseline cannot be read', code: 'bad_baseline' };

/** What each request carried beside the clip, in order. */
let sent: Record<string, unknown>[] = [];

function hear(voices: VoiceStore, kind: string | undefined = KIND) {
  const { signal } = new AbortController();
  return predictVoice(audioFile(), { signal, voices, kind });
}

function knowing(token: string) {
  const voices = new VoiceStore();
  voices.learn(KIND, { token, speechS: 9 });
  return voices;
}

function answer(...answers: [body: Record<string, unknown>, status: number][]) {
  let i = 0;
  server.use(
    http.post('/predict', () => {
      const [body, status] = answers[i++] ?? [{}, 500];
      return HttpResponse.json(body, { status });
    }),
  );
}

beforeEach(() => {
  sent = [];
  let fields = {};
  const append = vi.spyOn(FormData.prototype, 'append');
  append.mockImplementation((name: string, value: unknown) => {
    if (name !== 'file') fields = { ...fields, [name]: value };
    else {
      // It comes last.
      sent.push(fields);
      fields = {};
    }
  });
});

afterEach(() => {
  localStorage.clear();
});

it('sends what is known, and knows more afterwards', async () => {
  const voices = knowing('learned');
  answer([grown, 200], [grown, 200]);
  await hear(voices);
  expect(sent).toEqual([{ baseline: 'learned', adapt: 'true' }]);
  expect(voiceOf(voices.getState(), KIND)).toEqual({ token: 'grown', speechS: 12.5 });
  await hear(voices);
  expect(sent[1]).toEqual({ baseline: 'grown', adapt: 'true' });
});

it('hands on the prediction alone, without the voice', async () => {
  answer([grown, 200]);
  await expect(hear(new VoiceStore())).resolves.toEqual(happy);
});

it('begins from nothing', async () => {
  const voices = new VoiceStore();
  answer([grown, 200]);
  await hear(voices);
  expect(sent).toEqual([{ adapt: 'true' }]);
  expect(voices.take(KIND).token).toBe('grown');
});

it('asks for no growth while adapting is off', async () => {
  const voices = knowing('learned');
  voices.adapt(false);
  answer([grown, 200]);
  await hear(voices);
  expect(sent).toEqual([{ baseline: 'learned' }]);
  expect(voices.take(KIND).token).toBe('learned');
});

it('sends nothing where the kind is not known, or is another', async () => {
  answer([happy, 200], [happy, 200]);
  const voices = knowing('learned');
  voices.adapt(false);
  await predictVoice(audioFile(), {
    signal: new AbortController().signal,
    voices,
    kind: undefined,
  });
  await hear(voices, 'another');
  expect(sent).toEqual([{}, {}]);
});

describe('a voice that the server cannot read', () => {
  it('is dropped, and the clip is heard without', async () => {
    const voices = knowing('foreign');
    answer([badBaseline, 422], [grown, 200]);
    await expect(hear(voices)).resolves.toEqual(happy);
    expect(sent).toEqual([{ baseline: 'foreign', adapt: 'true' }, { adapt: 'true' }]);
    expect(voices.getState()).toMatchObject({ learned: {}, dropped: [KIND] });
  });

  it('leaves the learned one below it to try', async () => {
    const voices = knowing('learned');
    voices.grow(voices.take(KIND), { token: 'broken', speechS: 12 });
    answer([badBaseline, 422], [grown, 200]);
    await hear(voices);
    expect(sent.map(({ baseline }) => baseline)).toEqual(['broken', 'learned']);
    expect(voices.getState().dropped).toEqual([]);
  });

  it('is not looked for where none was sent', async () => {
    answer([badBaseline, 422]);
    await expect(hear(new VoiceStore())).rejects.toThrow('The baseline cannot be read');
    expect(sent).toHaveLength(1);
  });
});

it('keeps the voice when anything else goes wrong', async () => {
  const voices = knowing('learned');
  answer([{ error: 'No speech detected', code: 'no_speech' }, 422]);
  await expect(hear(voices)).rejects.toThrow('No speech detected');
  expect(voices.take(KIND).token).toBe('learned');
});
