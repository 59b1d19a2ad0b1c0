import { useCallback, useEffect, useRef, useState } from 'react';
import type { Segment } from '@/lib/timelineSchemas';
import { createFilePlayer, type FilePlayer, type Stretch } from '../lib/filePlayer';
import { segmentAt } from '../lib/spans';

export type PlayerState =
  /** There is no sound to play. */
  | { phase: 'none' }
  | { phase: 'loading' }
  | { phase: 'unplayable' }
  | { phase: 'ready'; durationS: number };

export interface FilePlayerControl {
  state: PlayerState;
  isPlaying: boolean;
  isRepeating: boolean;
  positionS: number;
  toggle: () => void;
  /** Plays one segment, and stops at its end. */
  playSegment: (segment: Segment) => void;
  seek: (positionS: number) => void;
  /** Whether to repeat the segment at the position; without one, the file. */
  repeat: (isOn: boolean) => void;
}

function stretchOf(segment: Segment | undefined): Stretch | undefined {
  return segment && { startS: segment.start_s, endS: segment.end_s };
}

/**
 * @param file - undefined where there is no sound.
 * @param isShown - it pauses where nobody sees it: a microphone may be listening.
 */
export function useFilePlayer(
  file: File | undefined,
  segments: Segment[],
  isShown: boolean,
): FilePlayerControl {
  const player = useRef<FilePlayer>(null);
  const [state, setState] = useState<PlayerState>({ phase: file ? 'loading' : 'none' });
  const [isPlaying, setIsPlaying] = useState(false);
  const [isRepeating, setIsRepeating] = useState(false);
  const [positionS, setPositionS] = useState(0);

  useEffect(() => {
    if (!file) return undefined;
    const created = createFilePlayer(file, {
      onReady: (durationS) => {
        setState({ phase: 'ready', durationS });
      },
      onUnplayable: () => {
        setState({ phase: 'unplayable' });
      },
      onPlaying: setIsPlaying,
      onPosition: setPositionS,
    });
    player.current = created;
    return () => {
      created.destroy();
      player.current = null;
    };
  }, [file]);

  useEffect(() => {
    if (!isShown) player.current?.pause();
  }, [isShown]);

  const toggle = useCallback(() => {
    player.current?.toggle();
  }, []);
  const playSegment = useCallback(({ start_s: startS, end_s: endS }: Segment) => {
    player.current?.playStretch({ startS, endS });
  }, []);
  const at = (timeS: number) => stretchOf(segments[segmentAt(segments, timeS)]);

  return {
    state,
    isPlaying,
    isRepeating,
    positionS,
    toggle,
    playSegment,
    seek: (toS) => {
      player.current?.seek(toS, isRepeating ? at(toS) : undefined);
    },
    repeat: (isOn) => {
      setIsRepeating(isOn);
      player.current?.repeat(isOn, at(positionS));
    },
  };
}
