import { useEffect, useRef } from 'react';
import type { LevelMonitor } from '../lib/levelMonitor';
import styles from './LiveWaveform.module.css';

interface LiveWaveformProps {
  monitor: LevelMonitor | null;
}

/** The last seconds of the microphone; decoration beside the level meter, which can be read out. */
export function LiveWaveform({ monitor }: LiveWaveformProps) {
  const container = useRef<HTMLDivElement>(null);

  useEffect(() => {
    const element = container.current;
    if (!monitor || !element) return undefined;
    let stop: (() => void) | undefined;
    let isGone = false;
    const draw = async () => {
      const { drawScrollingWaveform } = await import('../lib/scrollingWaveform');
      if (!isGone) stop = drawScrollingWaveform(element, monitor);
    };
    // Listening goes on without its decoration.
    draw().catch(() => undefined);
    return () => {
      isGone = true;
      stop?.();
    };
  }, [monitor]);

  return (
    <div
      ref={container}
      className={styles.waveform}
      data-testid="live-waveform"
      aria-hidden="true"
    />
  );
}
