import { afterEach, expect, it, vi } from 'vitest';
import { audioFile, twoPartTimeline } from '@/test/fixtures';
import { decodedPeaks, normalised, peaksOf, speechPeaks } from './peaks';

afterEach(() => {
  vi.unstubAllGlobals();
});

it('finds the loudest sample of each part, whatever its sign', () => {
  expect(peaksOf(Float32Array.of(0, 0.5, -1, 0.25, 0, 0), 3)).toEqual([0.5, 1, 0]);
});

it('has no more peaks than samples', () => {
  expect(peaksOf(Float32Array.of(0.5), 2000)).toEqual([0.5]);
  expect(peaksOf(new Float32Array(0))).toEqual([]);
});

it('makes a quiet recording visible, and leaves silence alone', () => {
  expect(normalised([0.1, 0.05])).toEqual([1, 0.5]);
  expect(normalised([0, 0])).toEqual([0, 0]);
});

it('shows where there is speech', () => {
  const peaks = speechPeaks(twoPartTimeline.segments, 12);
  const at = (timeS: number) => peaks[Math.floor((timeS / 12) * peaks.length)];
  expect([3, 7, 10].map(at)).toEqual([0.6, 0.02, 0.6]);
});

it('decodes a file for its peaks', async () => {
  const decodeAudioData = vi.fn(() => Promise.resolve({ getChannelData: () => Float32Array.of(0.2, -0.4) }));
  vi.stubGlobal('OfflineAudioContext', vi.fn(function Context() {
    return { decodeAudioData };
  }));
  const peaks = await decodedPeaks(audioFile());
  expect(peaks?.map((peak) => peak.toFixed(2))).toEqual(['0.50', '1.00']);
});

it('knows no peaks where the browser cannot decode', async () => {
  expect(await decodedPeaks(audioFile())).toBeUndefined();
});
