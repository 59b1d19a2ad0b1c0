import { useCallback, useEffect, useRef, useState, type RefObject } from 'react';
import type { Segment } from '@/lib/timelineSchemas';
import type { FilePlayer } from '../lib/filePlayer';

export type PlayerState =
  | { phase: 'loading' }
  | { phase: 'unplayable' }
  | { phase: 'ready'; durationS: number; isWaveform: boolean };

export interface FilePlayerControl {
  /** The element that the file is drawn in. */
  container: RefObject<HTMLDivElement | null>;
  state: PlayerState;
  isPlaying: boolean;
  positionS: number;
  toggle: () => void;
  playFrom: (positionS: number) => void;
  seek: (positionS: number) => void;
}

export function useFilePlayer(file: File, segments: Segment[]): FilePlayerControl {
  const container = useRef<HTMLDivElement>(null);
  const player = useRef<FilePlayer>(null);
  const latestSegments = useRef(segments);
  const [state, setState] = useState<PlayerState>({ phase: 'loading' });
  const [isPlaying, setIsPlaying] = useState(false);
  const [positionS, setPositionS] = useState(0);

  useEffect(() => {
    latestSegments.current = segments;
    player.current?.mark(segments);
  }, [segments]);

  useEffect(() => {
    const element = container.current;
    let isGone = false;
    const onUnplayable = () => {
      if (!isGone) setState({ phase: 'unplayable' });
    };
    import('../lib/filePlayer').then(({ createFilePlayer }) => {
      if (isGone || !element) return;
      player.current = createFilePlayer(element, file, {
        onReady: (durationS, isWaveform) => {
          setState({ phase: 'ready', durationS, isWaveform });
        },
        onUnplayable,
        onPlaying: setIsPlaying,
        onPosition: setPositionS,
      });
      player.current.mark(latestSegments.current);
    }, onUnplayable);
    return () => {
      isGone = true;
      player.current?.destroy();
      player.current = null;
    };
  }, [file]);

  const toggle = useCallback(() => {
    player.current?.toggle();
  }, []);
  const playFrom = useCallback((toS: number) => {
    player.current?.playFrom(toS);
  }, []);
  const seek = useCallback((toS: number) => {
    player.current?.seek(toS);
  }, []);

  return { container, state, isPlaying, positionS, toggle, playFrom, seek };
}
