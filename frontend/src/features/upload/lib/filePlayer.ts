import { mediaDurationS } from '@/lib/mediaDuration';

/** How often the position is told while it plays. */
const TOLD_EVERY_MS = 50;

export interface Stretch {
  startS: number;
  endS: number;
}

export interface FilePlayerEvents {
  onReady: (durationS: number) => void;
  onUnplayable: () => void;
  onPlaying: (isPlaying: boolean) => void;
  onPosition: (positionS: number) => void;
}

export interface FilePlayer {
  toggle: () => void;
  pause: () => void;
  /** Plays from its beginning, and stops at its end. */
  playStretch: (stretch: Stretch) => void;
  /** `stretch` is what to repeat from there on. */
  seek: (positionS: number, stretch?: Stretch) => void;
  /** Whether to repeat the stretch that plays; without one, the whole file. */
  repeat: (isOn: boolean, stretch?: Stretch) => void;
  destroy: () => void;
}

/** Plays a file, or a part of it. */
export function createFilePlayer(file: Blob, events: FilePlayerEvents): FilePlayer {
  const media = document.createElement('audio');
  const url = URL.createObjectURL(file);
  const listeners = new AbortController();
  const { signal } = listeners;
  let stretch: Stretch | undefined;
  let isRepeating = false;
  let frame = 0;
  let toldAtMs = 0;

  const tell = () => {
    toldAtMs = performance.now();
    events.onPosition(media.currentTime);
  };
  const goTo = (positionS: number) => {
    media.currentTime = positionS;
    tell();
  };
  const play = () => {
    // It rejects where a pause comes before the sound, which is no fault.
    media.play().catch(() => undefined);
  };
  const follow = () => {
    if (stretch && media.currentTime >= stretch.endS) {
      if (isRepeating) {
        goTo(stretch.startS);
      } else {
        const { endS } = stretch;
        stretch = undefined;
        media.pause();
        goTo(endS);
      }
    } else if (performance.now() - toldAtMs >= TOLD_EVERY_MS) {
      tell();
    }
  };
  const followFrames = () => {
    follow();
    if (!media.paused) frame = requestAnimationFrame(followFrames);
  };

  const on = (event: string, listen: () => void) => {
    media.addEventListener(event, listen, { signal });
  };
  // Frames stop while the page is hidden; this event does not.
  on('timeupdate', follow);
  on('error', events.onUnplayable);
  on('play', () => {
    events.onPlaying(true);
    cancelAnimationFrame(frame);
    followFrames();
  });
  on('pause', () => {
    events.onPlaying(false);
    tell();
  });
  on('ended', () => {
    if (isRepeating) {
      goTo(stretch?.startS ?? 0);
      play();
    } else {
      stretch = undefined;
      events.onPlaying(false);
    }
  });

  media.preload = 'auto';
  media.src = url;
  void mediaDurationS(file).then((durationS) => {
    if (signal.aborted) return;
    if (durationS === undefined) events.onUnplayable();
    else events.onReady(durationS);
  });

  return {
    toggle: () => {
      if (media.paused) play();
      else media.pause();
    },
    pause: () => {
      media.pause();
    },
    playStretch: (next) => {
      stretch = next;
      goTo(next.startS);
      play();
    },
    seek: (positionS, next) => {
      stretch = next;
      goTo(positionS);
    },
    repeat: (isOn, next) => {
      isRepeating = isOn;
      if (isOn) stretch ??= next;
    },
    destroy: () => {
      listeners.abort();
      cancelAnimationFrame(frame);
      media.pause();
      media.removeAttribute('src');
      media.load();
      URL.revokeObjectURL(url);
    },
  };
}
