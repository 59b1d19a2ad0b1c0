import { useEffect, useRef, useState } from 'react';
import { formatDuration } from '../../../lib/format';
import type { FilePlayer } from '../lib/filePlayer';
import styles from './FileWaveform.module.css';

type PlayerState =
  { phase: 'loading' } | { phase: 'unplayable' } | { phase: 'ready'; durationS: number };

interface FileWaveformProps {
  file: File;
}

export function FileWaveform({ file }: FileWaveformProps) {
  const container = useRef<HTMLDivElement>(null);
  const player = useRef<FilePlayer>(null);
  const [state, setState] = useState<PlayerState>({ phase: 'loading' });
  const [isPlaying, setIsPlaying] = useState(false);
  const [positionS, setPositionS] = useState(0);

  useEffect(() => {
    const element = container.current;
    let isGone = false;
    const onUnplayable = () => {
      if (!isGone) setState({ phase: 'unplayable' });
    };
    import('../lib/filePlayer').then(({ createFilePlayer }) => {
      if (isGone || !element) return;
      player.current = createFilePlayer(element, file, {
        onReady: (durationS) => {
          setState({ phase: 'ready', durationS });
        },
        onUnplayable,
        onPlaying: setIsPlaying,
        onPosition: setPositionS,
      });
    }, onUnplayable);
    return () => {
      isGone = true;
      player.current?.destroy();
      player.current = null;
    };
  }, [file]);

  const isReady = state.phase === 'ready';
  return (
    <div className={styles.player} data-testid="file-waveform" data-phase={state.phase}>
      <button
        type="button"
        className={`btn ser-button ${styles.play}`}
        aria-label={`${isPlaying ? 'Pause' : 'Play'} ${file.name}`}
        data-testid="play-button"
        disabled={!isReady}
        onClick={() => player.current?.toggle()}
      >
        <span aria-hidden="true">{isPlaying ? '❚❚' : '▶'}</span>
      </button>
      <div className={styles.wave}>
        <div ref={container} className={styles.canvas} aria-hidden="true" />
        {state.phase === 'unplayable' && (
          <p className={styles.hint}>
            This browser cannot play the file. The server can still have understood it.
          </p>
        )}
      </div>
      <span className={styles.time} data-testid="play-position">
        {formatDuration(positionS)} / {isReady ? formatDuration(state.durationS) : '--:--'}
      </span>
    </div>
  );
}
