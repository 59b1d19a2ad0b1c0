import { observeTheme, themeColor } from '@/lib/themeColor';
import { FRAMES_PER_SECOND, type LevelMonitor } from '@/lib/microphone/levelMonitor';

const WINDOW_S = 6;
const FRAMES_PER_DRAWING = FRAMES_PER_SECOND / 10;
const REDUCED_FRAMES_PER_DRAWING = FRAMES_PER_SECOND / 2;
/** In pixels of the page. */
const BAR_WIDTH = 3;
const BAR_STEP = 5;
const LEAST_HEIGHT = 2;

// The square root makes quiet speech visible beside loud speech.
const toHeight = (peak: number) => Math.sqrt(Math.min(1, peak));

/** The heights of so many bars, 0 to 1: of each, the highest of its part. */
export function barHeights(heights: Float32Array, count: number): number[] {
  return Array.from({ length: count }, (_, bar) => {
    const first = Math.floor((bar * heights.length) / count);
    const last = Math.max(first + 1, Math.floor(((bar + 1) * heights.length) / count));
    return Math.max(...heights.subarray(first, last));
  });
}

/**
 * Draws the levels of the monitor on one canvas. A library that makes elements for each drawing takes 7 % of
 * the main thread.
 */
export function drawScrollingWaveform(container: HTMLElement, monitor: LevelMonitor): () => void {
  const canvas = document.createElement('canvas');
  canvas.style.cssText = 'display: block; width: 100%; height: 100%';
  container.append(canvas);
  const context = canvas.getContext('2d');
  let color = themeColor('--ser-accent');
  const unobserve = observeTheme(() => {
    color = themeColor('--ser-accent');
  });

  // Reading a size has the page laid out, so it is read when it changes.
  let [width, height] = [0, 0];
  const resized = new ResizeObserver(([entry]) => {
    if (!entry) return;
    ({ width, height } = entry.contentRect);
    canvas.width = width * window.devicePixelRatio;
    canvas.height = height * window.devicePixelRatio;
  });
  resized.observe(container);

  const heights = new Float32Array(WINDOW_S * FRAMES_PER_SECOND);
  const draw = () => {
    if (!context) return;
    const scale = window.devicePixelRatio;
    context.setTransform(scale, 0, 0, scale, 0, 0);
    context.clearRect(0, 0, width, height);
    context.fillStyle = color;
    context.beginPath();
    barHeights(heights, Math.floor(width / BAR_STEP)).forEach((share, bar) => {
      const barHeight = Math.max(share * height, LEAST_HEIGHT);
      context.roundRect(bar * BAR_STEP, (height - barHeight) / 2, BAR_WIDTH, barHeight, BAR_WIDTH / 2);
    });
    context.fill();
  };
  const reducesMotion = window.matchMedia('(prefers-reduced-motion: reduce)').matches;
  const framesPerDrawing = reducesMotion ? REDUCED_FRAMES_PER_DRAWING : FRAMES_PER_DRAWING;
  let frames = 0;
  const unsubscribe = monitor.subscribe((peak) => {
    heights.copyWithin(0, 1);
    heights[heights.length - 1] = toHeight(peak);
    frames += 1;
    if (frames % framesPerDrawing === 0) draw();
  });

  return () => {
    unsubscribe();
    unobserve();
    resized.disconnect();
    canvas.remove();
  };
}
