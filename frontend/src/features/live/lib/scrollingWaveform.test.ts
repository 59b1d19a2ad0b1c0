import { beforeEach, expect, it, vi } from 'vitest';
import { fakeMonitor } from '@/test/fakeMonitor';
import { barHeights, drawScrollingWaveform } from './scrollingWaveform';

const context = {
  setTransform: vi.fn(),
  clearRect: vi.fn(),
  beginPath: vi.fn(),
  roundRect: vi.fn<(x: number, y: number, width: number, height: number) => void>(),
  fill: vi.fn(),
};

function stubReducedMotion(matches: boolean) {
  vi.stubGlobal('matchMedia', () => ({ matches }));
}

beforeEach(() => {
  vi.clearAllMocks();
  vi.spyOn(HTMLCanvasElement.prototype, 'getContext').mockReturnValue(context as never);
  vi.stubGlobal(
    'ResizeObserver',
    class {
      readonly #tell: (entries: { contentRect: { width: number; height: number } }[]) => void;
      readonly disconnect = vi.fn();
      constructor(tell: (entries: { contentRect: { width: number; height: number } }[]) => void) {
        this.#tell = tell;
      }
      observe() {
        this.#tell([{ contentRect: { width: 600, height: 64 } }]);
      }
    },
  );
});

it('draws ten times a second, the newest at the right, until it is stopped', () => {
  stubReducedMotion(false);
  const { monitor, emit } = fakeMonitor();
  const container = document.createElement('div');
  const stop = drawScrollingWaveform(container, monitor);
  emit(0.1, 18);
  emit(0.04);
  emit(0.25);
  expect(context.fill).toHaveBeenCalledTimes(10);
  const [before, last] = context.roundRect.mock.calls.slice(-2);
  expect(before?.slice(0, 4)).toEqual([590, expect.closeTo(25.6), 3, expect.closeTo(0.2 * 64)]);
  expect(last?.slice(0, 4)).toEqual([595, 16, 3, 0.5 * 64]);

  stop();
  emit(0.5, 2);
  expect(context.fill).toHaveBeenCalledTimes(10);
  expect(container).toBeEmptyDOMElement();
});

it('moves twice a second only for who prefers less motion', () => {
  stubReducedMotion(true);
  const { monitor, emit } = fakeMonitor();
  drawScrollingWaveform(document.createElement('div'), monitor);
  for (let frame = 0; frame < 20; frame++) emit(0.1);
  expect(context.fill).toHaveBeenCalledTimes(2);
});

it('shows the highest level of each bar where there are fewer bars, and repeats some where there are more', () => {
  const heights = Float32Array.of(0.5, 1, 0.25, 0);
  expect(barHeights(heights, 2)).toEqual([1, 0.25]);
  expect(barHeights(heights, 8)).toEqual([0.5, 0.5, 1, 1, 0.25, 0.25, 0, 0]);
});
