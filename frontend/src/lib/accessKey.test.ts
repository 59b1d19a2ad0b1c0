import { beforeEach, describe, expect, it } from 'vitest';
import { AccessKey } from './accessKey';

let access: AccessKey;

beforeEach(() => {
  access = new AccessKey();
});

it('sends nothing before there is a key', () => {
  expect(access.headers()).toEqual({});
  expect(access.protocols()).toEqual([]);
  expect(access.getState()).toEqual({ hasKey: false, isNeeded: false, isAsking: false, wasRefused: false });
});

it('keeps the key in this tab, and nowhere else', () => {
  access.use('ser_x');
  expect(new AccessKey().headers()).toEqual({ Authorization: 'Bearer ser_x' });
  expect(localStorage).toHaveLength(0);
  expect(document.cookie).toBe('');
  access.forget();
  expect(new AccessKey().key).toBeUndefined();
  expect(sessionStorage).toHaveLength(0);
});

it('works where storage is blocked', () => {
  const blocked = { getItem: fail, setItem: fail, removeItem: fail };
  function fail(): never {
    throw new DOMException('blocked', 'SecurityError');
  }
  const before = Object.getOwnPropertyDescriptor(window, 'sessionStorage');
  Object.defineProperty(window, 'sessionStorage', { configurable: true, value: blocked });
  try {
    access = new AccessKey();
    access.use('ser_x');
    expect(access.headers()).toEqual({ Authorization: 'Bearer ser_x' });
  } finally {
    if (before) Object.defineProperty(window, 'sessionStorage', before);
  }
});

it('offers a stream a protocol beside the key, which the server can choose', () => {
  access.use('ser_x');
  expect(access.protocols()).toEqual(['ser.stream', 'ser.bearer.ser_x']);
});

it.each([
  ['/models', true],
  ['/models/a/model.onnx', true],
  ['/models-of-another', false],
  ['/assets/x.js', false],
  ['https://elsewhere.example/models', false],
])('is for the addresses of the API alone: %s', (path, isSent) => {
  access.use('ser_x');
  const url = new URL(path, document.baseURI).href;
  expect('Authorization' in access.headersFor(url)).toBe(isSent);
});

describe('where the server refuses', () => {
  it('asks once for all requests, which go on with the answer', async () => {
    const requests = [access.renew(undefined), access.renew(undefined)];
    expect(access.getState()).toMatchObject({ isAsking: true, isNeeded: true, wasRefused: false });
    access.use('ser_x');
    await expect(Promise.all(requests)).resolves.toEqual([true, true]);
    expect(access.getState().isAsking).toBe(false);
  });

  it('does not ask where there is another key by now', async () => {
    access.use('ser_new');
    await expect(access.renew('ser_old')).resolves.toBe(true);
    expect(access.getState().isAsking).toBe(false);
  });

  it('says so where the key was valid before', async () => {
    access.use('ser_old');
    const request = access.renew('ser_old');
    expect(access.getState()).toMatchObject({ isAsking: true, wasRefused: true });
    access.use('ser_new');
    await expect(request).resolves.toBe(true);
  });

  it('asks no more who does not want to be asked, until they do', async () => {
    const request = access.renew(undefined);
    access.decline();
    await expect(request).resolves.toBe(false);
    await expect(access.renew(undefined)).resolves.toBe(false);
    expect(access.getState()).toMatchObject({ isAsking: false, isNeeded: true });
    access.reconsider();
    void access.renew(undefined);
    expect(access.getState().isAsking).toBe(true);
    access.decline();
    access.ask();
    expect(access.getState().isAsking).toBe(true);
  });

  it('asks no more once the key was forgotten on purpose', async () => {
    access.use('ser_x');
    access.forget();
    await expect(access.renew(undefined)).resolves.toBe(false);
  });

  it('lets a request that nobody waits for go', async () => {
    const controller = new AbortController();
    const request = access.renew(undefined, controller.signal);
    controller.abort();
    await expect(request).resolves.toBe(false);
  });
});
