import WaveSurfer from 'wavesurfer.js';
import TimelinePlugin from 'wavesurfer.js/plugins/timeline';
import { observeTheme, themeColor } from '../../../lib/themeColor';

export interface FilePlayerEvents {
  onReady: (durationS: number) => void;
  onUnplayable: () => void;
  onPlaying: (isPlaying: boolean) => void;
  onPosition: (positionS: number) => void;
}

export interface FilePlayer {
  toggle: () => void;
  destroy: () => void;
}

function waveColors() {
  return {
    waveColor: themeColor('--ser-wave'),
    progressColor: themeColor('--ser-accent-text'),
    cursorColor: themeColor('--ser-accent-text'),
  };
}

/** Draws a file and plays it; nothing leaves the browser for this. */
export function createFilePlayer(
  container: HTMLElement,
  file: File,
  events: FilePlayerEvents,
): FilePlayer {
  const wavesurfer = WaveSurfer.create({
    ...waveColors(),
    container,
    height: 60,
    barWidth: 3,
    barGap: 2,
    barRadius: 3,
    cursorWidth: 2,
    dragToSeek: true,
    normalize: true,
    plugins: [TimelinePlugin.create({ height: 18, style: { fontSize: '0.75rem' } })],
  });
  const unobserve = observeTheme(() => {
    wavesurfer.setOptions(waveColors());
  });
  wavesurfer.on('ready', events.onReady);
  wavesurfer.on('error', events.onUnplayable);
  wavesurfer.on('timeupdate', events.onPosition);
  wavesurfer.on('play', () => {
    events.onPlaying(true);
  });
  wavesurfer.on('pause', () => {
    events.onPlaying(false);
  });
  wavesurfer.on('finish', () => {
    events.onPlaying(false);
  });
  wavesurfer.loadBlob(file).catch(events.onUnplayable);

  return {
    toggle: () => {
      wavesurfer.playPause().catch(events.onUnplayable);
    },
    destroy: () => {
      unobserve();
      wavesurfer.destroy();
    },
  };
}
