import { beforeEach, expect, it, vi } from 'vitest';
import { happy, sad, sessionOf } from '../../../test/fixtures';
import { drawSessionChart } from './sessionChart';

interface Chart {
  setData: (data: unknown[]) => void;
  setSize: () => void;
  redraw: () => void;
  destroy: () => void;
}

const chart = { setData: vi.fn(), setSize: vi.fn(), redraw: vi.fn(), destroy: vi.fn() };
vi.mock('uplot', () => ({
  default: Object.assign(
    function uPlot(): Chart {
      return chart;
    },
    { paths: {} },
  ),
}));

const observer = { observe: vi.fn(), disconnect: vi.fn() };

beforeEach(() => {
  for (const method of [...Object.values(chart), ...Object.values(observer)]) method.mockReset();
  vi.stubGlobal(
    'ResizeObserver',
    vi.fn(function ResizeObserver() {
      return observer;
    }),
  );
});

it('stacks the lanes from top to bottom, each filled by its probability', () => {
  const { update } = drawSessionChart(document.createElement('div'), ['Happy', 'Sad']);
  update(sessionOf({ ...happy, probabilities: { Happy: 1, Sad: 0 } }, sad).heard);
  expect(chart.setData).toHaveBeenCalledExactlyOnceWith([
    [0, 3, 6, 6],
    [1.85, expect.closeTo(1 + 0.85 * 0.06), expect.closeTo(1 + 0.85 * 0.06), null],
    [0, expect.closeTo(0.85 * 0.64), expect.closeTo(0.85 * 0.64), null],
  ]);
});

it('leaves nothing behind', () => {
  const { destroy } = drawSessionChart(document.createElement('div'), ['Happy']);
  destroy();
  expect(observer.disconnect).toHaveBeenCalledOnce();
  expect(chart.destroy).toHaveBeenCalledOnce();
});
