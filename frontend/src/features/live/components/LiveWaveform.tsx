import { useEffect, useRef } from 'react';
import type { LevelMonitor } from '@/lib/microphone/levelMonitor';
import styles from './LiveWaveform.module.css';

interface LiveWaveformProps {
  monitor: LevelMonitor | null;
}

/** The last seconds of the microphone. Decoration: the level meter gives the same to screen readers. */
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
    // Listening does not need the waveform.
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
