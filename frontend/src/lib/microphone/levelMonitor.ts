import { keepRunning } from './keepRunning';

const FRAME_MS = 50;

type LevelListener = (peak: number) => void;

/** The level of the microphone: the peak of each frame of 50 ms, 0 to 1. */
export interface LevelMonitor {
  /** Calls back once per frame until the returned function is called. */
  subscribe: (listener: LevelListener) => () => void;
}

export interface RunningLevelMonitor extends LevelMonitor {
  close: () => void;
}

/** Longer than one frame at any usual sample rate. */
const WINDOW_SAMPLES = 4096;

function peakOf(samples: Float32Array): number {
  let peak = 0;
  for (const sample of samples) peak = Math.max(peak, Math.abs(sample));
  return peak;
}

export const FRAMES_PER_SECOND = 1000 / FRAME_MS;

export function monitorLevel(stream: MediaStream): RunningLevelMonitor {
  const context = new AudioContext();
  const analyser = context.createAnalyser();
  analyser.fftSize = WINDOW_SAMPLES;
  context.createMediaStreamSource(stream).connect(analyser);
  // The meter may stop: the recording does not depend on it.
  const stopKeeping = keepRunning(context, () => undefined);

  const samples = new Float32Array(analyser.fftSize);
  const listeners = new Set<LevelListener>();
  const timer = setInterval(() => {
    // A context that does not run yet delivers zeros, whatever the microphone does.
    if (context.state !== 'running') return;
    analyser.getFloatTimeDomainData(samples);
    const peak = peakOf(samples);
    for (const listener of listeners) listener(peak);
  }, FRAME_MS);

  return {
    subscribe: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    close: () => {
      stopKeeping();
      clearInterval(timer);
      listeners.clear();
      void context.close();
    },
  };
}
