import uPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';
import { formatDuration } from '@/lib/format';
import { emotionColor, themeColor, observeTheme } from '@/lib/themeColor';
import { toChartData, uncertainSpans, type ChartData, type Span } from './chartData';
import type { SessionResult } from './session';

/** The same height as below the names of the lanes in the style sheet. */
const AXIS_HEIGHT_REM = 1.75;

/** The part of a lane that a probability of 1 fills; the rest separates the lanes. */
const LANE_FILL = 0.85;
const SHORTEST_SPAN_S = 30;

export interface SessionChart {
  update: (results: SessionResult[]) => void;
  destroy: () => void;
}

function toLanes({ timesS, probabilities }: ChartData): uPlot.AlignedData {
  const lanes = probabilities.map((lane, i) => {
    const floor = probabilities.length - 1 - i;
    return lane.map((value) => (value === null ? null : floor + LANE_FILL * value));
  });
  return [timesS, ...lanes];
}

function laneSeries(emotion: string, floor: number): uPlot.Series {
  return {
    label: emotion,
    width: 2,
    points: { show: false },
    ...(uPlot.paths.stepped && { paths: uPlot.paths.stepped({ align: 1 }) }),
    stroke: () => emotionColor(emotion),
    fill: () => emotionColor(emotion, 0.3),
    fillTo: floor,
  };
}

const HATCH_GAP_REM = 0.5;

/** Hatches uncertain spans: they differ by more than colour. */
function hatch(chart: uPlot, spans: Span[]): void {
  const { ctx, bbox } = chart;
  const gap = HATCH_GAP_REM * rootFontSizePx() * devicePixelRatio;
  for (const { startS, endS } of spans) {
    const left = chart.valToPos(startS, 'x', true);
    const width = chart.valToPos(endS, 'x', true) - left;
    ctx.save();
    ctx.beginPath();
    ctx.rect(left, bbox.top, width, bbox.height);
    ctx.clip();
    ctx.globalAlpha = 0.6;
    ctx.fillStyle = themeColor('--ser-card-bg');
    ctx.fill();
    ctx.globalAlpha = 0.25;
    ctx.strokeStyle = themeColor('--bs-secondary-color');
    ctx.lineWidth = devicePixelRatio;
    ctx.beginPath();
    // From a fixed grid, so that lines of neighbours meet and stay in place.
    const first = Math.floor((left - bbox.height) / gap) * gap;
    for (let x = first; x < left + width; x += gap) {
      ctx.moveTo(x, bbox.top + bbox.height);
      ctx.lineTo(x + bbox.height, bbox.top);
    }
    ctx.stroke();
    ctx.restore();
  }
}

function rootFontSizePx(): number {
  return parseFloat(getComputedStyle(document.documentElement).fontSize);
}

function chartOptions(emotions: string[], width: number, height: number): uPlot.Options {
  const last = emotions.length - 1;
  const remPx = rootFontSizePx();
  return {
    width,
    height,
    padding: [0, 1.25 * remPx, 0, 1.25 * remPx],
    legend: { show: false },
    cursor: { show: false },
    scales: {
      x: { time: false, range: (_, min, max) => [0, Math.max(SHORTEST_SPAN_S, max || min || 0)] },
      y: { range: [0, emotions.length] },
    },
    axes: [
      {
        size: AXIS_HEIGHT_REM * remPx,
        font: `${0.75 * remPx}px system-ui, sans-serif`,
        stroke: () => themeColor('--bs-secondary-color'),
        grid: { show: false },
        ticks: { show: false },
        space: 4 * remPx,
        incrs: [5, 10, 15, 30, 60, 120, 300, 600, 1800, 3600],
        values: (_, splits) => splits.map(formatDuration),
      },
      {
        show: true,
        size: 0,
        splits: () => emotions.map((_, i) => i),
        values: () => [],
        ticks: { show: false },
        grid: { stroke: () => themeColor('--ser-track'), width: 1 },
      },
    ],
    series: [{}, ...emotions.map((emotion, i) => laneSeries(emotion, last - i))],
  };
}

/** Draws one lane per emotion, filled as high as its probability. */
export function drawSessionChart(container: HTMLElement, emotions: string[]): SessionChart {
  const size = () => ({ width: container.clientWidth, height: container.clientHeight });
  const { width, height } = size();
  const empty = toLanes(toChartData([], emotions));
  let uncertain: Span[] = [];
  const options = chartOptions(emotions, width, height);
  options.hooks = {
    draw: [
      (drawn) => {
        hatch(drawn, uncertain);
      },
    ],
  };
  const chart = new uPlot(options, empty, container);
  const unobserve = observeTheme(() => {
    chart.redraw(false, true);
  });
  const resize = new ResizeObserver(() => {
    chart.setSize(size());
  });
  resize.observe(container);

  return {
    update: (results) => {
      uncertain = uncertainSpans(results);
      chart.setData(toLanes(toChartData(results, emotions)));
    },
    destroy: () => {
      unobserve();
      resize.disconnect();
      chart.destroy();
    },
  };
}
