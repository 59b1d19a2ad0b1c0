import { expect, it } from 'vitest';
import { encodePcm16 } from './pcm16';

it('joins blocks to little-endian samples, clipped', () => {
  const blocks = [new Float32Array([0, 0.5]), new Float32Array([-2])];
  const view = new DataView(encodePcm16(blocks));
  expect(view.byteLength).toBe(6);
  expect([0, 2, 4].map((offset) => view.getInt16(offset, true))).toEqual([0, 16_384, -32_767]);
});
