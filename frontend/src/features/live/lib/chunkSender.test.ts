import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Prediction } from '@/lib/apiSchemas';
import { ProblemError } from '@/lib/problem';
import { audioFile, happy, sad } from '@/test/fixtures';
import type { Chunk } from '@/lib/microphone/chunk';
import { ChunkSender } from './chunkSender';

interface Request {
  name: string;
  answer: (prediction: Prediction) => void;
  refuse: (error: Error) => void;
}

function chunk(name: string): Chunk {
  return { file: audioFile(name), startMs: 0, endMs: 3000 };
}

function problem(code: string, retryAfterS?: number) {
  const openedWith = { code, title: 'A problem', remedy: 'Wait.' };
  return new ProblemError(retryAfterS === undefined ? openedWith : { ...openedWith, retryAfterS });
}

/** Lets promises that are settled run their continuations. */
function settle() {
  return vi.advanceTimersByTimeAsync(0);
}

function setUp() {
  const requests: Request[] = [];
  let open = 0;
  let mostOpen = 0;
  const predict = vi.fn(({ file }: Chunk) =>
    new Promise<Prediction>((answer, refuse) => {
      open += 1;
      mostOpen = Math.max(mostOpen, open);
      requests.push({ name: file.name, answer, refuse });
    }).finally(() => {
      open -= 1;
    }),
  );
  const openedWith = {
    checkHealth: vi.fn(() => Promise.resolve()),
    onResult: vi.fn(),
    onRefused: vi.fn(),
    onSkipped: vi.fn(),
    onConnection: vi.fn(),
  };
  const sender = new ChunkSender({ predict, ...openedWith });
  const last = () => {
    const request = requests.at(-1);
    if (!request) throw new Error('Nothing was sent.');
    return request;
  };
  return { sender, requests, last, ...openedWith, mostOpen: () => mostOpen };
}

beforeEach(() => {
  vi.useFakeTimers();
});

afterEach(() => {
  vi.useRealTimers();
});

describe('the flow', () => {
  it('has one request under way at most, and the newest chunk replaces the waiting one', async () => {
    const { sender, requests, last, onSkipped, onResult, mostOpen } = setUp();
    for (const name of ['1', '2', '3', '4']) sender.offer(chunk(name));
    expect(requests.map(({ name }) => name)).toEqual(['1']);
    expect(onSkipped).toHaveBeenCalledTimes(2);

    last().answer(happy);
    await settle();
    expect(requests.map(({ name }) => name)).toEqual(['1', '4']);
    last().answer(sad);
    await settle();
    expect(onResult.mock.calls.map(([, prediction]) => prediction as unknown)).toEqual([happy, sad]);
    expect(mostOpen()).toBe(1);
  });

  it('takes no speech for a result', async () => {
    const { sender, last, onResult, onRefused, onConnection } = setUp();
    const silent = chunk('1');
    sender.offer(silent);
    last().refuse(problem('no_speech'));
    await settle();
    expect(onResult).toHaveBeenCalledExactlyOnceWith(silent, null);
    expect(onRefused).not.toHaveBeenCalled();
    expect(onConnection).not.toHaveBeenCalled();
  });

  it.each(['too_large', 'too_short', 'decode_failed', 'internal_error', 'unknown_model'])(
    'reports %s and goes on with the next chunk',
    async (code) => {
      const { sender, requests, last, onRefused } = setUp();
      sender.offer(chunk('1'));
      sender.offer(chunk('2'));
      last().refuse(problem(code));
      await settle();
      expect(onRefused).toHaveBeenCalledExactlyOnceWith(expect.objectContaining({ code }));
      expect(requests.map(({ name }) => name)).toEqual(['1', '2']);
    },
  );
});

describe('a server that is away', () => {
  it('is probed after 1, 2, 4, 8 and then every 15 seconds, and nothing is posted meanwhile', async () => {
    const { sender, last, requests, checkHealth, onConnection } = setUp();
    checkHealth.mockRejectedValue(problem('server_away'));
    sender.offer(chunk('1'));
    last().refuse(problem('server_away'));
    await settle();
    for (const delayS of [1, 2, 4, 8, 15, 15]) {
      expect(onConnection).toHaveBeenLastCalledWith(
        expect.objectContaining({ kind: 'down', retryInS: delayS }),
      );
      const probes = checkHealth.mock.calls.length;
      sender.offer(chunk('later'));
      await vi.advanceTimersByTimeAsync(delayS * 1000 - 1);
      expect(checkHealth).toHaveBeenCalledTimes(probes);
      await vi.advanceTimersByTimeAsync(1);
      expect(checkHealth).toHaveBeenCalledTimes(probes + 1);
    }
    expect(requests).toHaveLength(1);
  });

  it('gets the chunk it missed when it is back', async () => {
    const { sender, last, requests, onConnection, onResult, onSkipped } = setUp();
    sender.offer(chunk('1'));
    last().refuse(problem('server_away'));
    await vi.advanceTimersByTimeAsync(1000);
    expect(onConnection).toHaveBeenLastCalledWith({ kind: 'up' });
    expect(requests.map(({ name }) => name)).toEqual(['1', '1']);
    last().answer(happy);
    await settle();
    expect(onResult).toHaveBeenCalledOnce();
    expect(onSkipped).not.toHaveBeenCalled();
  });

  it('gets the newest chunk, and the missed one is counted as skipped', async () => {
    const { sender, last, requests, onSkipped } = setUp();
    sender.offer(chunk('1'));
    sender.offer(chunk('2'));
    last().refuse(problem('server_away'));
    await vi.advanceTimersByTimeAsync(1000);
    expect(requests.map(({ name }) => name)).toEqual(['1', '2']);
    expect(onSkipped).toHaveBeenCalledOnce();
  });

  it('is probed quickly again after it has answered', async () => {
    const { sender, last, onConnection } = setUp();
    sender.offer(chunk('1'));
    last().refuse(problem('server_away'));
    await vi.advanceTimersByTimeAsync(1000);
    last().answer(happy);
    await settle();
    sender.offer(chunk('2'));
    last().refuse(problem('server_away'));
    await settle();
    expect(onConnection).toHaveBeenLastCalledWith(expect.objectContaining({ retryInS: 1 }));
  });
});

it.each([
  ['too_many_requests', 7, 7],
  ['too_many_requests', 0, 1],
  ['too_many_requests', undefined, 1],
  ['busy', 2, 2],
])('waits as long as "%s" with Retry-After %s asks for: %i s', async (code, retryAfterS, delayS) => {
  const { sender, last, requests } = setUp();
  sender.offer(chunk('1'));
  last().refuse(problem(code, retryAfterS));
  await vi.advanceTimersByTimeAsync(delayS * 1000 - 1);
  expect(requests).toHaveLength(1);
  await vi.advanceTimersByTimeAsync(1);
  expect(requests).toHaveLength(2);
});

describe('the end', () => {
  it('lets what is on its way arrive', async () => {
    const { sender, last, onResult } = setUp();
    sender.offer(chunk('1'));
    sender.finish();
    last().answer(happy);
    await settle();
    expect(onResult).toHaveBeenCalledOnce();
  });

  it.each([
    ['before', true],
    ['after', false],
  ])('gives up on a server that went away %s it', async (_order, isAwayFirst) => {
    const { sender, last, checkHealth, onSkipped } = setUp();
    sender.offer(chunk('1'));
    if (!isAwayFirst) sender.finish();
    last().refuse(problem('server_away'));
    await settle();
    sender.finish();
    await vi.advanceTimersByTimeAsync(60_000);
    expect(checkHealth).not.toHaveBeenCalled();
    expect(onSkipped).toHaveBeenCalledOnce();
  });

  it('counts what it gives up as skipped, once', () => {
    const { sender, onSkipped } = setUp();
    sender.offer(chunk('1'));
    sender.offer(chunk('2'));
    sender.close();
    sender.close();
    expect(onSkipped).toHaveBeenCalledTimes(2);
  });

  it('closes at once, and reports nothing any more', async () => {
    const { sender, last, requests, onResult, onRefused } = setUp();
    sender.offer(chunk('1'));
    sender.close();
    last().answer(happy);
    sender.offer(chunk('2'));
    await settle();
    expect(requests).toHaveLength(1);
    expect(onResult).not.toHaveBeenCalled();
    expect(onRefused).not.toHaveBeenCalled();
  });
});
