import { http, HttpResponse } from 'msw';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { audioFile, happy, model, sad } from '@/test/fixtures';
import { server } from '@/test/server';
import { apiService } from '@/lib/apiService';
import { predictWithBaseline } from './predictWithBaseline';
import { BaselineStore, baselineOf } from './baselineStore';

const KIND = model.baseline_kind;
const grown = { ...happy, baseline: 'grown', baseline_speech_s: 12.5 };
const badBaseline = { error: 'The baseline cannot be read', code: 'bad_baseline' };

/** What each request carried beside the clip, in order. */
let sent: Record<string, unknown>[] = [];

function emit(baselines: BaselineStore, kind = KIND) {
  const { signal } = new AbortController();
  return predictWithBaseline(audioFile(), {
    signal,
    service: apiService,
    baselines,
    model: { ...model, baseline_kind: kind },
  });
}

function knowing(token: string) {
  const baselines = new BaselineStore();
  baselines.learn(KIND, { token, speechS: 9 });
  return baselines;
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
  const baselines = knowing('learned');
  answer([grown, 200], [grown, 200]);
  await emit(baselines);
  expect(sent).toEqual([{ model: model.name, baseline: 'learned', adapt: 'true' }]);
  expect(baselineOf(baselines.getState(), KIND)).toEqual({ token: 'grown', speechS: 12.5 });
  await emit(baselines);
  expect(sent[1]).toEqual({ model: model.name, baseline: 'grown', adapt: 'true' });
});

it('hands on the prediction alone, without the voice', async () => {
  answer([grown, 200]);
  await expect(emit(new BaselineStore())).resolves.toEqual(happy);
});

it('begins from nothing', async () => {
  const baselines = new BaselineStore();
  answer([grown, 200]);
  await emit(baselines);
  expect(sent).toEqual([{ model: model.name, adapt: 'true' }]);
  expect(baselines.take(KIND).token).toBe('grown');
});

it('asks for no growth while adapting is off', async () => {
  const baselines = knowing('learned');
  baselines.adapt(false);
  answer([grown, 200]);
  await emit(baselines);
  expect(sent).toEqual([{ model: model.name, baseline: 'learned' }]);
  expect(baselines.take(KIND).token).toBe('learned');
});

it('sends nothing where the kind is not known, or is another', async () => {
  answer([happy, 200], [happy, 200]);
  const baselines = knowing('learned');
  baselines.adapt(false);
  await predictWithBaseline(audioFile(), {
    signal: new AbortController().signal,
    service: apiService,
    baselines,
    model: undefined,
  });
  await emit(baselines, 'another');
  expect(sent).toEqual([{}, { model: model.name }]);
});

it('is cautious until the voice is known', async () => {
  const weak = { ...sad, baseline: 'grown', low_information: false };
  answer(
    [{ ...weak, baseline_speech_s: 3 }, 200],
    [{ ...weak, baseline_speech_s: 6 }, 200],
    [{ ...weak, baseline_speech_s: 9 }, 200],
  );
  const baselines = new BaselineStore();
  const uncertain = [await emit(baselines), await emit(baselines), await emit(baselines)].map(
    ({ low_information }) => low_information,
  );
  // The second was predicted with 3 s.
  expect(uncertain).toEqual([true, true, false]);
});

describe('a voice that the server cannot read', () => {
  it('is dropped, and the clip is sent without', async () => {
    const baselines = knowing('foreign');
    answer([badBaseline, 422], [grown, 200]);
    await expect(emit(baselines)).resolves.toEqual(happy);
    expect(sent).toEqual([
      { model: model.name, baseline: 'foreign', adapt: 'true' },
      { model: model.name, adapt: 'true' },
    ]);
    expect(baselines.getState()).toMatchObject({ learned: {}, dropped: [KIND] });
  });

  it('leaves the learned one below it to try', async () => {
    const baselines = knowing('learned');
    baselines.grow(baselines.take(KIND), { token: 'broken', speechS: 12 });
    answer([badBaseline, 422], [grown, 200]);
    await emit(baselines);
    expect(sent.map(({ baseline }) => baseline)).toEqual(['broken', 'learned']);
    expect(baselines.getState().dropped).toEqual([]);
  });

  it('is not looked for where none was sent', async () => {
    answer([badBaseline, 422]);
    await expect(emit(new BaselineStore())).rejects.toThrow('The baseline cannot be read');
    expect(sent).toHaveLength(1);
  });
});

it('keeps the voice when anything else goes wrong', async () => {
  const baselines = knowing('learned');
  answer([{ error: 'No speech detected', code: 'no_speech' }, 422]);
  await expect(emit(baselines)).rejects.toThrow('No speech detected');
  expect(baselines.take(KIND).token).toBe('learned');
});
