import type { LiveLine } from 'ser-web/live';
import { beforeEach, expect, it, vi } from 'vitest';
import type { DeviceStream } from '@/lib/emotionService';
import { ProblemError } from '@/lib/problem';
import { model } from '@/test/fixtures';
import { DeviceConnection, deviceSlowProblem } from './deviceConnection';

const events = { onMessage: vi.fn(), onRefused: vi.fn(), onLost: vi.fn() };
const started: LiveLine = { type: 'speech_started', start_ms: 200 };
const feed = vi.fn<DeviceStream['feed']>();
const finish = vi.fn<DeviceStream['finish']>();
const close = vi.fn();
const stream: DeviceStream = { feed, finish, close };

beforeEach(() => {
  vi.clearAllMocks();
  feed.mockResolvedValue([]);
  finish.mockResolvedValue([]);
});

function connect(open = () => Promise.resolve(stream)) {
  return new DeviceConnection(open, model, events);
}

function frame(startMs: number) {
  return { blocks: [new Float32Array([startMs]), new Float32Array(1)], startMs };
}

/** An answer that comes later. */
function held() {
  let resolve: (lines: LiveLine[]) => void = () => undefined;
  const promise = new Promise<LiveLine[]>((answer) => {
    resolve = answer;
  });
  return {
    promise,
    resolve: (lines: LiveLine[]) => {
      resolve(lines);
    },
  };
}

async function settled() {
  await vi.waitFor(() => {
    expect(events.onMessage).toHaveBeenCalled();
  });
}

it('says that it is ready, and gives times of the page', async () => {
  feed.mockResolvedValue([started]);
  const connection = connect();
  connection.send(frame(5000));
  await vi.waitFor(() => {
    expect(events.onMessage).toHaveBeenCalledTimes(2);
  });
  const ready = { type: 'ready', model: model.name, min_confidence: model.abstains_below };
  expect(events.onMessage).toHaveBeenNthCalledWith(1, ready, expect.anything());
  const [message, toPageMs] = events.onMessage.mock.lastCall as [LiveLine, (ms: number) => number];
  expect([message, toPageMs(200)]).toEqual([started, 5200]);
});

it('gives all that came meanwhile at once, so that nothing queues up', async () => {
  const { promise: first, resolve } = held();
  feed.mockReturnValueOnce(first);
  const connection = connect();
  await settled();
  for (const startMs of [0, 100, 200]) connection.send(frame(startMs));
  expect(feed).toHaveBeenCalledTimes(1);
  resolve([]);
  await vi.waitFor(() => {
    expect(feed).toHaveBeenCalledTimes(2);
  });
  expect(feed.mock.lastCall).toEqual([[new Float32Array([100, 0]), new Float32Array([200, 0])]]);
});

it('gives up where the device falls behind more and more', async () => {
  feed.mockReturnValue(new Promise(() => undefined));
  const connection = connect();
  await settled();
  for (let i = 0; i <= 101; i += 1) connection.send(frame(i));
  expect(events.onLost).toHaveBeenCalledExactlyOnceWith(deviceSlowProblem);
  expect(close).toHaveBeenCalled();
});

it('gives the last results, and is closed then', async () => {
  finish.mockResolvedValue([started]);
  const connection = connect();
  connection.send(frame(0));
  const onDone = vi.fn();
  connection.finish(onDone);
  await vi.waitFor(() => {
    expect(onDone).toHaveBeenCalledOnce();
  });
  expect(events.onMessage).toHaveBeenLastCalledWith(started, expect.anything());
  expect(close).toHaveBeenCalledOnce();
});

it('says why it cannot answer', async () => {
  const problem = { code: 'bad_baseline', title: 'Bad', remedy: '' };
  connect(() => Promise.reject(new ProblemError(problem)));
  await vi.waitFor(() => {
    expect(events.onLost).toHaveBeenCalledExactlyOnceWith(problem);
  });
});

it('says nothing once it is closed', async () => {
  const { promise: first, resolve } = held();
  feed.mockReturnValueOnce(first);
  const connection = connect();
  await settled();
  connection.send(frame(0));
  connection.close();
  resolve([started]);
  await first;
  expect(events.onMessage).toHaveBeenCalledTimes(1);
});
