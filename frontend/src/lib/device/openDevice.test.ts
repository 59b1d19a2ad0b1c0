import { expose } from 'comlink';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import type { ProgressLine } from 'ser-web/analyze';
import { audioFile, happy, happyTimeline } from '@/test/fixtures';
import type { DeviceWorker } from './deviceWorker';
import { openDevice } from './openDevice';

vi.mock('ser-web/decode', () => ({ decode: () => Promise.resolve(new Float32Array(16)) }));

const answered = {
  ...happy,
  low_information: false,
  sentiment: null,
  valence: null,
  arousal: null,
  intensity: 40,
};
const never = () => new Promise<never>(() => undefined);
const worker = {
  load: vi.fn<DeviceWorker['load']>(),
  predict: vi.fn<DeviceWorker['predict']>(),
  learn: vi.fn<DeviceWorker['learn']>(),
  analyze: vi.fn<DeviceWorker['analyze']>(),
  cancel: vi.fn<DeviceWorker['cancel']>(),
  openStream: vi.fn<DeviceWorker['openStream']>(),
  feed: vi.fn<DeviceWorker['feed']>(),
  closeStream: vi.fn<DeviceWorker['closeStream']>(),
};
/** Comlink's stand-in for a function answers once that was called in the page. */
type Told = (line: ProgressLine) => unknown;
const duration = vi.hoisted(() => ({ s: 12 }));

vi.mock('../mediaDuration', () => ({ mediaDurationS: () => Promise.resolve(duration.s) }));
const terminate = vi.fn();
let thread: FakeWorker | undefined;

/** What the page sees of a thread; the other end is here. */
class FakeWorker extends EventTarget {
  readonly #channel = new MessageChannel();
  readonly terminate = terminate;

  constructor() {
    super();
    expose(worker, this.#channel.port2);
    this.#channel.port1.onmessage = ({ data }: MessageEvent<unknown>) => {
      this.dispatchEvent(new MessageEvent('message', { data }));
    };
    // eslint-disable-next-line @typescript-eslint/no-this-alias
    thread = this;
  }

  postMessage(data: unknown, transferred: Transferable[]) {
    this.#channel.port1.postMessage(data, transferred);
  }
}

const onFailure = vi.fn();

function open(signal = new AbortController().signal) {
  return openDevice('a model', { signal, onProgress: vi.fn(), onFailure });
}

beforeEach(() => {
  duration.s = 12;
  vi.clearAllMocks();
  vi.stubGlobal('Worker', FakeWorker);
  worker.load.mockResolvedValue({ value: undefined });
  worker.predict.mockResolvedValue({ value: answered });
});

afterEach(() => {
  vi.unstubAllGlobals();
});

const { signal } = new AbortController();

it('loads the named model and answers as the server does', async () => {
  const device = await open();
  expect(worker.load).toHaveBeenCalledWith(
    expect.stringContaining('/models/a%20model'),
    expect.anything(),
    {},
  );
  const options = { signal, baseline: 'token', adapt: true };
  const answer = await device.predict(audioFile(), options);
  expect(answer).toMatchObject({ emotion: happy.emotion, probabilities: happy.probabilities });
  expect(worker.predict).toHaveBeenCalledWith(expect.anything(), 'token', true);
});

it('puts problems into words, with the codes of the server', async () => {
  const device = await open();
  worker.predict.mockResolvedValue({ problem: { code: 'no_speech', text: 'x' } });
  await expect(device.predict(audioFile(), { signal })).rejects.toMatchObject({
    problem: { code: 'no_speech', title: 'No speech detected' },
  });
  // No code that the page takes for a server's trouble that passes.
  worker.predict.mockResolvedValue({ problem: { code: 'model_unavailable', text: 'Gone.' } });
  await expect(device.predict(audioFile(), { signal })).rejects.toMatchObject({
    problem: { code: 'device_failed', remedy: 'Gone. Use the server instead.' },
  });
  expect(onFailure).not.toHaveBeenCalled();
});

it('does not wait for a model that cannot be loaded', async () => {
  worker.load.mockResolvedValue({ problem: { code: 'model_unavailable', text: 'It is cut off.' } });
  await expect(open()).rejects.toMatchObject({ problem: { code: 'device_failed' } });
  expect(terminate).toHaveBeenCalled();
});

it('fails for good when its thread breaks', async () => {
  worker.predict.mockImplementation(never);
  const device = await open();
  const answer = device.predict(audioFile(), { signal });
  thread?.dispatchEvent(new ErrorEvent('error', { message: 'out of memory' }));
  await expect(answer).rejects.toMatchObject({ problem: { code: 'device_failed' } });
  expect(onFailure).toHaveBeenCalledOnce();
  expect(terminate).toHaveBeenCalled();
  await expect(device.predict(audioFile(), { signal })).rejects.toThrow('cannot answer');
});

it('fails when its thread hangs', async () => {
  worker.predict.mockImplementation(never);
  const device = await open();
  await expect(device.predict(audioFile(), { signal, timeoutMs: 5 })).rejects.toMatchObject({
    problem: { remedy: expect.stringContaining('does not answer') as string },
  });
  expect(onFailure).toHaveBeenCalledOnce();
});

it('lets go of an answer that nobody waits for, and of all when it is aborted', async () => {
  worker.predict.mockImplementation(never);
  const [whole, one] = [new AbortController(), new AbortController()];
  const device = await open(whole.signal);
  const answer = device.predict(audioFile(), { signal: one.signal });
  one.abort(new Error('not wanted'));
  await expect(answer).rejects.toThrow('not wanted');
  expect(terminate).not.toHaveBeenCalled();
  const other = device.predict(audioFile(), { signal });
  whole.abort();
  await expect(other).rejects.toThrow('cannot answer');
  expect(terminate).toHaveBeenCalled();
  expect(onFailure).not.toHaveBeenCalled();
});

it('analyses a recording, and tells how far it is', async () => {
  const how = { model: 'm', emotions: ['Happy'], passes: 1, duration_s: 9 };
  const start = { type: 'start' as const, baseline: 'none' as const, ...how };
  worker.analyze.mockImplementation(async (_id, _samples, _baseline, onProgress) => {
    const told: Told = onProgress;
    await told(start);
    return { value: { ...happyTimeline, timestamp: undefined } } as never;
  });
  const device = await open();
  const onMessages = vi.fn();
  const timeline = await device.analyze(audioFile(), { signal, baseline: 'none', onMessages });
  expect(timeline).toMatchObject({ emotion: happyTimeline.emotion, segments: happyTimeline.segments });
  expect(onMessages).toHaveBeenCalledWith([start]);
});

it('passes on no line that comes after the answer', async () => {
  let tell: Told | undefined;
  worker.analyze.mockImplementation((_id, _samples, _baseline, onProgress) => {
    tell = onProgress;
    return Promise.resolve({ value: { ...happyTimeline, timestamp: undefined } } as never);
  });
  const onMessages = vi.fn();
  const device = await open();
  await device.analyze(audioFile(), { signal, baseline: 'none', onMessages });
  await tell?.({ type: 'progress', pass: 2, passes: 2, done_s: 46, duration_s: 46 });
  expect(onMessages).not.toHaveBeenCalled();
});

it('stops the work on a recording that nobody waits for', async () => {
  worker.analyze.mockImplementation(never);
  const device = await open();
  const controller = new AbortController();
  const timeline = device.analyze(audioFile(), { signal: controller.signal, baseline: 'recording' });
  await vi.waitFor(() => {
    expect(worker.analyze).toHaveBeenCalled();
  });
  controller.abort();
  await expect(timeline).rejects.toMatchObject({ name: 'AbortError' });
  await vi.waitFor(() => {
    expect(worker.cancel).toHaveBeenCalledWith(1);
  });
});

it('refuses a recording that would fill the memory', async () => {
  duration.s = 3600;
  const device = await open();
  await expect(device.analyze(audioFile(), { signal, baseline: 'none' })).rejects.toMatchObject({
    problem: { code: 'too_long', remedy: expect.stringContaining('Use the server') as string },
  });
  expect(worker.analyze).not.toHaveBeenCalled();
});

it('streams', async () => {
  worker.openStream.mockResolvedValue({ value: undefined });
  worker.feed.mockResolvedValue({ value: [{ type: 'speech_started', start_ms: 5 }] });
  const device = await open();
  const options = { sampleRateHz: 16_000, baseline: undefined, adapt: true };
  const stream = await device.openStream(options);
  expect(worker.openStream).toHaveBeenCalledWith(1, options);
  await expect(stream.feed([new Float32Array(3)])).resolves.toMatchObject([{ start_ms: 5 }]);
  stream.close();
  await vi.waitFor(() => {
    expect(worker.closeStream).toHaveBeenCalledWith(1);
  });
});
