import { expect, it, vi } from 'vitest';
import { fakeMonitor } from '../../../test/fakeMonitor';
import { drawScrollingWaveform } from './scrollingWaveform';

const create = vi.hoisted(() => vi.fn());
vi.mock('wavesurfer.js', () => ({ default: { create } }));

function stubWaveSurfer() {
  const wavesurfer = {
    load: vi.fn<(url: string, peaks: Float32Array[]) => Promise<void>>().mockResolvedValue(),
    setOptions: vi.fn(),
    destroy: vi.fn(),
  };
  create.mockReturnValue(wavesurfer);
  return wavesurfer;
}

function stubReducedMotion(matches: boolean) {
  vi.stubGlobal('matchMedia', () => ({ matches }));
}

it('draws ten times a second, the newest at the right, until it is stopped', () => {
  stubReducedMotion(false);
  const wavesurfer = stubWaveSurfer();
  const { monitor, emit } = fakeMonitor();
  const stop = drawScrollingWaveform(document.createElement('div'), monitor);
  emit(0.1, 18);
  emit(0.04);
  emit(0.25);
  expect(wavesurfer.load).toHaveBeenCalledTimes(10);
  const peaks = wavesurfer.load.mock.lastCall?.[1][0];
  expect(peaks?.at(-2)).toBeCloseTo(0.2);
  expect(peaks?.at(-1)).toBeCloseTo(0.5);

  stop();
  emit(0.5, 2);
  expect(wavesurfer.load).toHaveBeenCalledTimes(10);
  expect(wavesurfer.destroy).toHaveBeenCalledOnce();
});

it('moves twice a second only for who prefers less motion', () => {
  stubReducedMotion(true);
  const wavesurfer = stubWaveSurfer();
  const { monitor, emit } = fakeMonitor();
  drawScrollingWaveform(document.createElement('div'), monitor);
  for (let frame = 0; frame < 20; frame++) emit(0.1);
  expect(wavesurfer.load).toHaveBeenCalledTimes(2);
});
