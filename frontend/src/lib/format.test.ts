import { expect, it } from 'vitest';
import {
  formatClock,
  formatCount,
  formatDuration,
  formatExactPercent,
  formatLength,
  formatTimestamp,
  formatPercent,
  formatSigned,
  formatSize,
  formatTimecode,
} from './format';

it.each([
  [0, '0%', '0.0%'],
  [0.8423, '84%', '84.2%'],
  [1, '100%', '100.0%'],
])('writes %d as %s, and exactly as %s', (fraction, text, exact) => {
  expect(formatPercent(fraction)).toBe(text);
  expect(formatExactPercent(fraction)).toBe(exact);
});

it.each([
  [0.5705, '+0.57'],
  [-0.4382, '\u22120.44'],
  [0, '0.00'],
  [-0.004, '0.00'],
  [1, '+1.00'],
])('writes %d with a sign as %s', (value, text) => {
  expect(formatSigned(value)).toBe(text);
});

it.each([
  [0, '00:00'],
  [59.9, '00:59'],
  [61, '01:01'],
  [6005, '100:05'],
])('writes %d s as %s', (seconds, text) => {
  expect(formatDuration(seconds)).toBe(text);
});

it.each([
  [2.44, '2.4 s'],
  [59.97, '60.0 s'],
  [61, '01:01'],
])('writes the length %d s as %s', (seconds, text) => {
  expect(formatLength(seconds)).toBe(text);
});

it.each([
  [0, '00:00.0'],
  [59.96, '01:00.0'],
  [61.24, '01:01.2'],
  [6005.5, '100:05.5'],
])('writes the place %d s as %s', (seconds, text) => {
  expect(formatTimecode(seconds)).toBe(text);
});

it.each([
  [1, '1 kB'],
  [20_000, '20 kB'],
  [11 * 1024 * 1024, '11.0 MB'],
])('writes %i bytes as %s', (bytes, text) => {
  expect(formatSize(bytes)).toBe(text);
});

it('writes the time of day with seconds', () => {
  expect(formatClock(new Date(2026, 1, 17, 9, 5, 3).getTime())).toBe('09:05:03');
});

it('writes the date where it is not today', () => {
  const atMs = new Date(2026, 1, 17, 9, 5, 3).getTime();
  expect(formatTimestamp(atMs, new Date(2026, 1, 17, 23).getTime())).toBe('09:05:03');
  expect(formatTimestamp(atMs, new Date(2026, 1, 18, 1).getTime())).toBe('17 Feb 2026, 09:05:03');
});

it.each([
  [0, '0 files'],
  [1, '1 file'],
  [2, '2 files'],
])('counts %d as %s', (count, text) => {
  expect(formatCount(count, 'file')).toBe(text);
});
