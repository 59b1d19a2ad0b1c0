import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { accessKey } from '@/lib/accessKey';
import type { Prediction } from '@/lib/apiSchemas';
import { apiService } from '@/lib/apiService';
import { ProblemError } from '@/lib/problem';
import { BaselineStore, baselineOf } from '@/features/voice/lib/baselineStore';
import { fakeStream, stubAudioContext } from '@/test/fakeMedia';
import { stubWebSocket, type FakeSocket } from '@/test/fakeWebSocket';
import { model, otherModel } from '@/test/fixtures';
import { StreamTransport, type StreamStatus } from './streamTransport';
import type { RequestSettings } from './transport';

const KIND = model.baseline_kind;
const RATE_HZ = 16_000;
const smoothed = { Angry: 0.1, Happy: 0.6, Sad: 0.2, Disgust: 0.1 };
const started = { type: 'speech_started', start_ms: 1000 };
const result = {
  type: 'result',
  start_ms: 1000,
  end_ms: 2000,
  emotion: 'Sad',
  confidence: 0.9,
  probabilities: { ...smoothed, Sad: 0.9 },
  smoothed,
  low_information: false,
  sentiment: 'negative',
  valence: -0.42,
  arousal: -0.1,
  smoothed_sentiment: 'positive',
  smoothed_valence: 0.24,
  smoothed_arousal: 0.35,
};
const ended = {
  type: 'speech_ended',
  start_ms: 1000,
  end_ms: 3500,
  emotion: 'Happy',
  confidence: 1,
  probabilities: smoothed,
  votes: { Happy: 3 },
  low_information: false,
  sentiment: 'positive',
  valence: 0.25,
  arousal: 0.36,
};
const grown = { ...ended, baseline: 'grown', baseline_speech_s: 12.5 };

let sockets: FakeSocket[] = [];
let settings: RequestSettings;
let audio: ReturnType<typeof stubAudioContext>;
const health = vi.fn<() => Promise<{ status: string; model_loaded: boolean }>>();
const models = vi.fn<typeof apiService.models>();
const away = new ProblemError({ code: 'server_away', title: 'Away', remedy: '' });

beforeEach(() => {
  vi.useFakeTimers();
  sockets = stubWebSocket();
  audio = stubAudioContext();
  settings = { model, service: apiService, isModelPending: false, baselines: new BaselineStore() };
  health.mockReset().mockResolvedValue({ status: 'healthy', model_loaded: true });
  vi.spyOn(apiService, 'health').mockImplementation(health);
  models.mockReset().mockResolvedValue({ default: model.name, models: [model] });
  vi.spyOn(apiService, 'models').mockImplementation(models);
});

afterEach(() => {
  vi.useRealTimers();
  localStorage.clear();
  accessKey.forget();
  accessKey.reconsider();
});

function socket(): FakeSocket {
  const last = sockets.at(-1);
  if (!last) throw new Error('No connection was opened.');
  return last;
}

async function listen() {
  const events = {
    onResult: vi.fn(),
    onSkipped: vi.fn(),
    onRefused: vi.fn(),
    onServer: vi.fn(),
    onStreamStatus: vi.fn(),
    onUnusable: vi.fn(),
  };
  const transport = new StreamTransport(() => settings, events);
  const stop = await transport.record(fakeStream().stream, vi.fn());
  return { transport, stop, ...events };
}

function learned(token: string) {
  settings.baselines.learn(KIND, { token, speechS: 9 });
}

/** Plays for so long, in frames as long as those that are sent. */
async function speak(durationMs: number) {
  for (let ms = 0; ms < durationMs; ms += 100) {
    await vi.advanceTimersByTimeAsync(100);
    audio.play(new Float32Array(RATE_HZ / 10).fill(0.5));
  }
}

describe('the connection', () => {
  it('says what will come, and sends 100 ms at a time once the server is ready', async () => {
    learned('mine');
    await listen();
    expect(socket().url).toBe('ws://localhost:3000/stream');
    socket().open();
    expect(socket().texts).toEqual([
      {
        type: 'config',
        sample_rate_hz: RATE_HZ,
        encoding: 's16le',
        model: model.name,
        hop_s: 0.5,
        baseline: 'mine',
        adapt: true,
      },
    ]);
    await speak(300);
    expect(socket().frames).toEqual([]);
    socket().say({ type: 'ready', model: model.name, min_confidence: 0.4 });
    expect(socket().frames).toHaveLength(3);
    await speak(200);
    expect(socket().frames.map(({ byteLength }) => byteLength)).toEqual(Array(5).fill(3200));
    expect(new DataView(socket().frames[0] ?? new ArrayBuffer()).getInt16(0, true)).toBe(16_384);
  });

  it('has the rate of the system where the browser knows no other', async () => {
    audio = stubAudioContext(44_100, { isFixed: true });
    await listen();
    socket().beReady();
    expect(socket().texts).toMatchObject([{ sample_rate_hz: 44_100 }]);
    audio.play(new Float32Array(4410));
    expect(socket().frames[0]?.byteLength).toBe(8820);
  });

  it('is none at a rate that no server takes', async () => {
    audio = stubAudioContext(96_000, { isFixed: true });
    const { onUnusable } = await listen();
    expect(onUnusable).toHaveBeenCalledOnce();
    expect(sockets).toEqual([]);
  });

  it('waits for the model, and follows when another is chosen', async () => {
    settings = { ...settings, model: undefined, isModelPending: true };
    const { transport } = await listen();
    expect(sockets).toEqual([]);
    settings = { ...settings, model, isModelPending: false };
    transport.follow();
    transport.follow();
    expect(sockets).toHaveLength(1);
    socket().beReady();
    settings = { ...settings, model: { ...otherModel, baseline_kind: 'other' } };
    transport.follow();
    expect(sockets.map(({ isClosed }) => isClosed)).toEqual([true, false]);
    socket().open();
    expect(socket().texts).toMatchObject([{ model: 'other', baseline: null }]);
  });

  it('keeps no more than the server would take at once', async () => {
    await listen();
    await speak(5000);
    socket().beReady();
    expect(socket().frames).toHaveLength(20);
  });
});

describe('results', () => {
  it('is drawn calmed, and is over when the speech is', async () => {
    learned('mine');
    const { onStreamStatus } = await listen();
    socket().beReady();
    await speak(100);
    socket().say(started);
    expect(onStreamStatus).toHaveBeenLastCalledWith({ isSpeaking: true, latest: null });
    socket().say(result);
    expect(onStreamStatus).toHaveBeenLastCalledWith({
      isSpeaking: true,
      latest: {
        // 100 ms were recorded before the first message.
        endedAtMs: Date.now() - 100 + 2000,
        prediction: expect.objectContaining({
          emotion: 'Happy',
          confidence: 0.6,
          probabilities: smoothed,
          low_information: false,
          sentiment: 'positive',
          valence: 0.24,
          arousal: 0.35,
        }) as unknown,
      },
    });
    socket().say(ended);
    expect(onStreamStatus).toHaveBeenLastCalledWith({ isSpeaking: false, latest: null });
  });

  it.each([
    ['the server says so', { ...result, low_information: true }, 0.4],
    ['it is less sure than the model has to be', result, 0.7],
  ])('is uncertain where %s', async (_case, message, minConfidence) => {
    learned('mine');
    const { onStreamStatus } = await listen();
    socket().beReady(minConfidence);
    socket().say(message);
    const certainty = { latest: { prediction: { low_information: true } } };
    expect(onStreamStatus.mock.lastCall?.[0]).toMatchObject(certainty);
  });

  it('goes into the session as the vote of each utterance', async () => {
    const { onResult } = await listen();
    socket().beReady();
    const startMs = performance.now();
    await speak(4000);
    socket().say(ended);
    expect(onResult).toHaveBeenCalledExactlyOnceWith(
      {
        startMs: startMs + 1000,
        endMs: startMs + 3500,
        endedAtMs: Date.now() - 500,
        model: model.name,
      },
      expect.objectContaining({
        emotion: 'Happy',
        confidence: 0.6,
        probabilities: smoothed,
        sentiment: 'positive',
        valence: 0.25,
        arousal: 0.36,
      }),
    );
  });

  it('is read from servers that derive nothing from it', async () => {
    const { onResult, onStreamStatus } = await listen();
    socket().beReady();
    const nothing = { sentiment: null, valence: null, arousal: null };
    const smoothedNothing = {
      smoothed_sentiment: null,
      smoothed_valence: null,
      smoothed_arousal: null,
    };
    socket().say({ ...result, ...nothing, ...smoothedNothing });
    expect(onStreamStatus.mock.lastCall?.[0]).toMatchObject({ latest: { prediction: nothing } });
    socket().say({ ...ended, ...nothing });
    expect(onResult).toHaveBeenCalledOnce();
  });

  it('has the intensity that a model tells', async () => {
    const { onResult, onStreamStatus } = await listen();
    socket().beReady();
    socket().say({ ...result, intensity: 41.3 });
    expect(onStreamStatus.mock.lastCall?.[0]).toMatchObject({
      latest: { prediction: { intensity: 41.3 } },
    });
    socket().say({ ...ended, intensity: 38.5 });
    expect(onResult.mock.lastCall?.[1]).toMatchObject({ intensity: 38.5 });
    socket().say(ended);
    expect(onResult.mock.lastCall?.[1]).toHaveProperty('intensity', undefined);
  });

  it.each([-0.1, 100.1, '41'])('is nothing with an intensity of %j', async (intensity) => {
    const { onResult, onStreamStatus } = await listen();
    socket().beReady();
    onStreamStatus.mockReset();
    socket().say({ ...result, intensity });
    socket().say({ ...ended, intensity });
    expect(onStreamStatus).not.toHaveBeenCalled();
    expect(onResult).not.toHaveBeenCalled();
  });

  it('is nothing where there was too little to vote', async () => {
    const { onResult, onStreamStatus } = await listen();
    socket().beReady();
    socket().say({ ...ended, emotion: null, confidence: null, probabilities: null, votes: {} });
    expect(onResult).not.toHaveBeenCalled();
    expect(onStreamStatus).toHaveBeenLastCalledWith({ isSpeaking: false, latest: null });
  });

  it.each(['no JSON', '{"type":"of tomorrow"}', '{"type":"result"}'])(
    'is nothing of what cannot be read: %s',
    async (text) => {
      const { onStreamStatus } = await listen();
      socket().beReady();
      onStreamStatus.mockReset();
      socket().say(text);
      expect(onStreamStatus).not.toHaveBeenCalled();
    },
  );
});

describe('the voice of the speaker', () => {
  const known = () => baselineOf(settings.baselines.getState(), KIND);

  it('is not known at first: a weak emotion is uncertain, also as a vote', async () => {
    const { onResult, onStreamStatus } = await listen();
    socket().beReady();
    const isDoubted = () =>
      (onStreamStatus.mock.lastCall?.[0] as StreamStatus).latest?.prediction.low_information;
    const votes = () =>
      onResult.mock.calls.map(([, prediction]) => (prediction as Prediction).low_information);
    socket().say(result);
    expect(isDoubted()).toBe(true);
    // The utterance that makes it known was itself predicted without.
    socket().say(grown);
    socket().say(result);
    expect(isDoubted()).toBe(false);
    socket().say(grown);
    expect(votes()).toEqual([true, false]);
  });

  it('grows by each utterance, on the same stream', async () => {
    await listen();
    socket().beReady();
    socket().say(grown);
    expect(known()).toEqual({ token: 'grown', speechS: 12.5 });
    socket().say({ ...grown, baseline: 'more', baseline_speech_s: 15 });
    expect(known()).toEqual({ token: 'more', speechS: 15 });
    expect(sockets).toHaveLength(1);
  });

  it('does not grow where that is not wanted', async () => {
    settings.baselines.adapt(false);
    await listen();
    socket().beReady();
    expect(socket().texts).toMatchObject([{ adapt: false }]);
    socket().say(grown);
    expect(known()).toBeUndefined();
  });

  it.each<[string, () => void, Record<string, unknown>]>([
    ['is forgotten', () => { settings.baselines.forget(); }, { baseline: null }],
    ['is learned', () => { learned('new'); }, { baseline: 'new' }],
    ['is no longer to grow', () => { settings.baselines.adapt(false); }, { adapt: false }],
    ['is that of before the session', () => { settings.baselines.endSession(); }, { baseline: 'mine' }],
  ])('needs another stream when it %s', async (_case, act, config) => {
    learned('mine');
    await listen();
    socket().beReady();
    socket().say(grown);
    act();
    expect(sockets.map(({ isClosed }) => isClosed)).toEqual([true, false]);
    sockets[0]?.say({ ...grown, baseline: 'late' });
    expect(known()?.token).not.toBe('late');
    socket().beReady();
    expect(socket().texts).toMatchObject([config]);
  });

  it('that the server cannot read is dropped, and it goes on without', async () => {
    learned('foreign');
    const { onRefused, onServer } = await listen();
    socket().open();
    socket().say({ type: 'error', code: 'bad_baseline', error: 'Baseline not usable' });
    socket().drop();
    expect(settings.baselines.getState()).toMatchObject({ learned: {}, dropped: [KIND] });
    expect(sockets).toHaveLength(2);
    socket().beReady();
    expect(socket().texts).toMatchObject([{ baseline: null }]);
    expect(onRefused).not.toHaveBeenCalled();
    expect(onServer.mock.calls).toEqual([[{ kind: 'up' }]]);
  });
});

describe('a stream that breaks', () => {
  it.each([
    ['busy', /no free stream/],
    ['too_fast', /too fast/],
    ['too_long', /reached its maximum length/],
    ['idle_timeout', /received no audio/],
    ['internal_error', /Internal/],
  ])('is opened anew after %s, and that is said', async (code, title) => {
    const { onServer, onStreamStatus } = await listen();
    socket().beReady();
    socket().say({ type: 'error', code, error: 'Internal server error' });
    socket().drop();
    expect(onStreamStatus).toHaveBeenLastCalledWith({ isSpeaking: false, latest: null });
    expect(onServer).toHaveBeenLastCalledWith({
      kind: 'down',
      problem: expect.objectContaining({ title: expect.stringMatching(title) as string }) as unknown,
      retryInS: 1,
    });
    await speak(1000);
    expect(sockets).toHaveLength(2);
    socket().beReady();
    expect(onServer).toHaveBeenLastCalledWith({ kind: 'up' });
  });

  it('is left alone longer each time', async () => {
    const { onServer } = await listen();
    socket().beReady();
    for (let i = 0; i < 4; i++) {
      socket().drop();
      await vi.advanceTimersByTimeAsync(1000 * 2 ** i);
    }
    const delays = onServer.mock.calls.flatMap(([state]) => (state as { retryInS?: number }).retryInS ?? []);
    expect(delays).toEqual([1, 2, 4, 8]);
    expect(sockets).toHaveLength(5);
  });

  it('counts its times anew', async () => {
    const { onResult } = await listen();
    socket().beReady();
    await speak(2000);
    socket().drop();
    await speak(1000);
    // The first frame after the new connection is the first sent on it.
    const startMs = performance.now() - 100;
    socket().beReady();
    await speak(4000);
    socket().say(ended);
    expect(onResult.mock.lastCall?.[0]).toMatchObject({ startMs: startMs + 1000 });
  });

  it('goes on after a frame that was refused', async () => {
    const { onRefused, onServer } = await listen();
    socket().beReady();
    socket().say({ type: 'error', code: 'bad_frame', error: 'Audio frame not usable' });
    expect(onRefused).toHaveBeenCalledOnce();
    expect(onServer).toHaveBeenCalledExactlyOnceWith({ kind: 'up' });
    expect(sockets).toHaveLength(1);
  });

  it('is given up where the network does not keep up', async () => {
    const { onServer } = await listen();
    socket().beReady();
    socket().bufferedAmount = 6 * 2 * RATE_HZ;
    await speak(100);
    expect(socket().isClosed).toBe(true);
    const slow = { kind: 'down', problem: { code: 'network_slow' } };
    expect(onServer.mock.lastCall?.[0]).toMatchObject(slow);
  });

  it('is not opened anew with a config that would be refused again', async () => {
    const { onRefused, transport } = await listen();
    socket().open();
    socket().say({ type: 'error', code: 'unknown_model', error: 'Unknown model' });
    socket().drop();
    await speak(20_000);
    expect(onRefused).toHaveBeenCalledOnce();
    expect(sockets).toHaveLength(1);
    settings = { ...settings, model: otherModel };
    transport.follow();
    expect(sockets).toHaveLength(2);
  });
});

describe('no stream at all', () => {
  it('is one that something between does not let pass, if the server is there', async () => {
    const { onUnusable, onServer } = await listen();
    socket().drop();
    await vi.advanceTimersByTimeAsync(0);
    expect(onUnusable).toHaveBeenCalledOnce();
    expect(onServer).not.toHaveBeenCalled();
  });

  it('is tried again while the server is away', async () => {
    health.mockRejectedValue(away);
    const { onUnusable, onServer } = await listen();
    socket().drop();
    await vi.advanceTimersByTimeAsync(0);
    expect(onServer).toHaveBeenCalledWith(expect.objectContaining({ kind: 'down' }));
    expect(onUnusable).not.toHaveBeenCalled();
    await vi.advanceTimersByTimeAsync(1000);
    expect(sockets).toHaveLength(2);
  });
});

describe('the key of the server', () => {
  const refused = new ProblemError({ code: 'no_key', title: 'A key, please', remedy: '' });

  it('is offered beside a protocol that the server can choose', async () => {
    accessKey.use('ser_x');
    await listen();
    expect(socket().protocols).toEqual(['ser.stream', 'ser.bearer.ser_x']);
    expect(socket().url).not.toContain('ser_x');
  });

  it('is asked for where the stream was refused without one, and the stream begins with it', async () => {
    // What asks the user for a key: a browser does not tell why a handshake failed.
    models.mockImplementation(() => {
      accessKey.use('ser_x');
      return Promise.resolve({ default: model.name, models: [] });
    });
    const { onUnusable } = await listen();
    socket().drop();
    await vi.advanceTimersByTimeAsync(0);
    expect(onUnusable).not.toHaveBeenCalled();
    expect(sockets).toHaveLength(2);
    expect(socket().protocols).toContain('ser.bearer.ser_x');
  });

  it('is said to be missing where the user gives none', async () => {
    models.mockRejectedValue(refused);
    const { onServer, onUnusable } = await listen();
    socket().drop();
    await vi.advanceTimersByTimeAsync(0);
    expect(onServer.mock.calls.at(-1)).toMatchObject([{ kind: 'down', problem: { code: 'no_key' } }]);
    expect(onUnusable).not.toHaveBeenCalled();
  });

  it('is asked for again where it was revoked while the stream was away', async () => {
    accessKey.use('ser_x');
    models.mockImplementation(() => {
      accessKey.use('ser_y');
      return Promise.resolve({ default: model.name, models: [] });
    });
    await listen();
    socket().beReady();
    socket().drop();
    await vi.advanceTimersByTimeAsync(0);
    expect(sockets).toHaveLength(2);
    expect(socket().protocols).toContain('ser.bearer.ser_y');
  });

  it('is asked for again where it was revoked while the stream was open', async () => {
    accessKey.use('ser_x');
    models.mockImplementation(() => {
      accessKey.use('ser_y');
      return Promise.resolve({ default: model.name, models: [] });
    });
    const { onRefused } = await listen();
    socket().beReady();
    socket().say({ type: 'error', code: 'wrong_key', error: 'Key not accepted' });
    socket().drop();
    await vi.advanceTimersByTimeAsync(0);
    expect(onRefused).not.toHaveBeenCalled();
    expect(sockets).toHaveLength(2);
    expect(socket().protocols).toContain('ser.bearer.ser_y');
  });

  it('is no cause to ask again and again where the server takes it after all', async () => {
    accessKey.use('ser_x');
    models.mockResolvedValue({ default: model.name, models: [] });
    const { onServer } = await listen();
    socket().beReady();
    socket().say({ type: 'error', code: 'wrong_key', error: 'Key not accepted' });
    socket().drop();
    await vi.advanceTimersByTimeAsync(0);
    expect(sockets).toHaveLength(1);
    expect(onServer.mock.calls.at(-1)).toMatchObject([{ kind: 'down', problem: { code: 'wrong_key' } }]);
    await vi.advanceTimersByTimeAsync(1000);
    expect(sockets).toHaveLength(2);
  });
});

it('waits as long as the server asks for where too much was asked of it', async () => {
  const { onServer } = await listen();
  socket().open();
  socket().say({ type: 'error', code: 'too_many_requests', error: 'Too many requests', retry_after_s: 40 });
  socket().drop();
  expect(onServer.mock.calls.at(-1)).toMatchObject([{ kind: 'down', retryInS: 40 }]);
  await vi.advanceTimersByTimeAsync(39_000);
  expect(sockets).toHaveLength(1);
  await vi.advanceTimersByTimeAsync(1000);
  expect(sockets).toHaveLength(2);
});

describe('the end', () => {
  it('waits for the last words', async () => {
    const { transport, stop, onResult } = await listen();
    socket().beReady();
    await speak(1000);
    transport.finish();
    stop();
    expect(socket().texts.at(-1)).toEqual({ type: 'end' });
    socket().say(grown);
    expect(onResult).toHaveBeenCalledOnce();
    expect(settings.baselines.take(KIND).token).toBe('grown');
    socket().drop();
    expect(socket().isClosed).toBe(true);
    expect(vi.getTimerCount()).toBe(0);
    settings.baselines.forget();
    expect(sockets).toHaveLength(1);
  });

  it('does not wait for ever', async () => {
    const { transport, stop } = await listen();
    socket().beReady();
    transport.finish();
    stop();
    await vi.advanceTimersByTimeAsync(20_000);
    expect(socket().isClosed).toBe(true);
    expect(vi.getTimerCount()).toBe(0);
  });

  it.each(['before the server is ready', 'while it is away'])('is at once %s', async (when) => {
    const { transport, stop, onServer } = await listen();
    if (when === 'while it is away') {
      socket().beReady();
      socket().drop();
      onServer.mockReset();
    }
    transport.finish();
    stop();
    expect(vi.getTimerCount()).toBe(0);
    await vi.advanceTimersByTimeAsync(20_000);
    expect(sockets).toHaveLength(1);
    expect(onServer).not.toHaveBeenCalled();
  });
});

describe('on this device', () => {
  const stream = {
    feed: vi.fn(() => Promise.resolve([])),
    finish: vi.fn(() => Promise.resolve([])),
    close: vi.fn(),
  };
  const openStream = vi.fn(() => Promise.resolve(stream));

  it('asks the device, and lets go of the server when it is turned on', async () => {
    learned('mine');
    const { transport } = await listen();
    socket().beReady();
    settings = { ...settings, isModelPending: true };
    const before = { ...settings, service: { ...apiService } };
    settings = before;
    transport.follow();
    expect(socket().isClosed).toBe(true);
    await speak(300);
    settings = { ...settings, isModelPending: false, service: { ...apiService, openStream } };
    transport.follow();
    await speak(300);
    expect(sockets).toHaveLength(1);
    expect(openStream).toHaveBeenCalledWith({ sampleRateHz: RATE_HZ, baseline: 'mine', adapt: true });
    expect(stream.feed).toHaveBeenCalled();
    expect(socket().frames).toEqual([]);
  });
});
