import WaveSurfer from 'wavesurfer.js';
import { observeTheme, themeColor } from '../../../lib/themeColor';
import { FRAMES_PER_SECOND, type LevelMonitor } from './levelMonitor';

const WINDOW_S = 6;
const FRAMES_PER_DRAWING = FRAMES_PER_SECOND / 10;
const REDUCED_FRAMES_PER_DRAWING = FRAMES_PER_SECOND / 2;

// The square root makes quiet speech visible beside loud speech.
const toHeight = (peak: number) => Math.sqrt(Math.min(1, peak));

/**
 * Draws the levels of the monitor. The library's Record plugin would analyse the stream once more, a
 * hundred times a second; its renderer alone does the same from the peaks we already have.
 */
export function drawScrollingWaveform(container: HTMLElement, monitor: LevelMonitor): () => void {
  const wavesurfer = WaveSurfer.create({
    container,
    height: 'auto',
    waveColor: themeColor('--ser-accent'),
    barWidth: 3,
    barGap: 2,
    barRadius: 3,
    cursorWidth: 0,
    interact: false,
    normalize: false,
  });
  const unobserve = observeTheme(() => {
    wavesurfer.setOptions({ waveColor: themeColor('--ser-accent') });
  });

  const peaks = new Float32Array(WINDOW_S * FRAMES_PER_SECOND);
  const reducesMotion = window.matchMedia('(prefers-reduced-motion: reduce)').matches;
  const framesPerDrawing = reducesMotion ? REDUCED_FRAMES_PER_DRAWING : FRAMES_PER_DRAWING;
  let frames = 0;
  const unsubscribe = monitor.subscribe((peak) => {
    peaks.copyWithin(0, 1);
    peaks[peaks.length - 1] = toHeight(peak);
    frames += 1;
    if (frames % framesPerDrawing !== 0) return;
    // A failed drawing does no harm: the next one follows.
    wavesurfer.load('', [peaks], WINDOW_S).catch(() => undefined);
  });

  return () => {
    unsubscribe();
    unobserve();
    wavesurfer.destroy();
  };
}
