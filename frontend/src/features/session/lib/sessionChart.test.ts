import { beforeEach, expect, it, vi, type Mock } from 'vitest';
import { happy, sad, sessionOf } from '@/test/fixtures';
import { drawSessionChart } from './sessionChart';

interface Chart {
  setData: (data: unknown[]) => void;
  setSize: () => void;
  redraw: () => void;
  destroy: () => void;
}

interface Options {
  hooks: { draw: ((drawn: unknown) => void)[] };
}

let options: Options | undefined;
const chart = { setData: vi.fn(), setSize: vi.fn(), redraw: vi.fn(), destroy: vi.fn() };
vi.mock('uplot', () => ({
  default: Object.assign(
    function uPlot(given: Options): Chart {
      options = given;
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
  update(sessionOf({ ...happy, probabilities: { Happy: 1, Sad: 0 } }, sad).results);
  expect(chart.setData).toHaveBeenCalledExactlyOnceWith([
    [0, 3, 6, 6],
    [1.85, expect.closeTo(1 + 0.85 * 0.06), expect.closeTo(1 + 0.85 * 0.06), null],
    [0, expect.closeTo(0.85 * 0.64), expect.closeTo(0.85 * 0.64), null],
  ]);
});

it('marks what is uncertain, over all lanes, and nothing else', () => {
  const { update } = drawSessionChart(document.createElement('div'), ['Happy', 'Sad']);
  const calls = ['save', 'restore', 'beginPath', 'rect', 'clip', 'fill', 'stroke', 'moveTo', 'lineTo'] as const;
  const ctx = Object.fromEntries(calls.map((call) => [call, vi.fn()])) as Record<
    (typeof calls)[number],
    Mock
  >;
  const draw = () =>
    options?.hooks.draw[0]?.({
      ctx,
      bbox: { left: 0, top: 5, width: 300, height: 80 },
      valToPos: (timeS: number) => 10 * timeS,
    });
  document.documentElement.style.fontSize = '16px';

  update(sessionOf(happy, sad).results);
  draw();
  expect(ctx.rect).not.toHaveBeenCalled();
  update(sessionOf(happy, { ...sad, low_information: true }).results);
  draw();
  expect(ctx.rect).toHaveBeenCalledExactlyOnceWith(30, 5, 30, 80);
  expect(ctx.clip).toHaveBeenCalledBefore(ctx.stroke);
  expect(ctx.lineTo).toHaveBeenCalled();
});

it('leaves nothing behind', () => {
  const { destroy } = drawSessionChart(document.createElement('div'), ['Happy']);
  destroy();
  expect(observer.disconnect).toHaveBeenCalledOnce();
  expect(chart.destroy).toHaveBeenCalledOnce();
});
