import { afterEach, expect, it, vi } from 'vitest';
import * as z from 'zod/mini';
import { readStored, removeStored, writeStored } from './storage';

const KEY = 'ser.test';

afterEach(() => {
  vi.restoreAllMocks();
  localStorage.clear();
});

it('reads back what was written, until it is removed', () => {
  expect(writeStored(KEY, { count: 3 })).toBe(true);
  expect(readStored(KEY, z.object({ count: z.number() }))).toEqual({ count: 3 });
  removeStored(KEY);
  expect(readStored(KEY, z.object({ count: z.number() }))).toBeUndefined();
});

it.each(['{', '"text"', '{"count":"many"}'])('does not trust %s', (text) => {
  localStorage.setItem(KEY, text);
  expect(readStored(KEY, z.object({ count: z.number() }))).toBeUndefined();
});

it('lives without storage', () => {
  const blocked = () => {
    throw new DOMException('', 'SecurityError');
  };
  vi.spyOn(Storage.prototype, 'getItem').mockImplementation(blocked);
  vi.spyOn(Storage.prototype, 'setItem').mockImplementation(blocked);
  vi.spyOn(Storage.prototype, 'removeItem').mockImplementation(blocked);
  expect(writeStored(KEY, 1)).toBe(false);
  expect(readStored(KEY, z.number())).toBeUndefined();
  expect(() => {
    removeStored(KEY);
  }).not.toThrow();
});
