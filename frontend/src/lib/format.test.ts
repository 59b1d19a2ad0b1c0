import { expect, it } from 'vitest';
import { formatPercent } from './format';

it.each([
  [0, '0.0%'],
  [0.8423, '84.2%'],
  [1, '100.0%'],
])('writes %d as %s', (fraction, text) => {
  expect(formatPercent(fraction)).toBe(text);
});
