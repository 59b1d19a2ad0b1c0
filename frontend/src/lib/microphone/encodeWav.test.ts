import { expect, it } from 'vitest';
import { encodeWav } from './encodeWav';

function textAt(view: DataView, offset: number): string {
  return String.fromCharCode(...[0, 1, 2, 3].map((i) => view.getUint8(offset + i)));
}

it('writes the header of a mono 16-bit PCM file', () => {
  const view = new DataView(encodeWav([new Float32Array(3), new Float32Array(2)], 44_100));
  expect([0, 8, 12, 36].map((offset) => textAt(view, offset))).toEqual([
    'RIFF',
    'WAVE',
    'fmt ',
    'data',
  ]);
  expect(view.getUint32(4, true)).toBe(view.byteLength - 8);
  expect(view.getUint16(20, true)).toBe(1);
  expect(view.getUint16(22, true)).toBe(1);
  expect(view.getUint32(24, true)).toBe(44_100);
  expect(view.getUint32(28, true)).toBe(88_200);
  expect(view.getUint16(34, true)).toBe(16);
  expect(view.getUint32(40, true)).toBe(10);
});

it.each([
  [0, 0],
  [0.5, 16_384],
  [1, 32_767],
  [-1, -32_767],
  [1.7, 32_767],
  [-1.7, -32_767],
])('writes the sample %d as %i', (sample, written) => {
  const view = new DataView(encodeWav([new Float32Array([0]), new Float32Array([sample])], 16_000));
  expect(view.getInt16(46, true)).toBe(written);
});
