import WaveSurfer from 'wavesurfer.js';
import RegionsPlugin from 'wavesurfer.js/plugins/regions';
import { formatTimecode } from '@/lib/format';
import { emotionColor, observeTheme, themeColor } from '@/lib/themeColor';
import type { Segment } from '@/lib/timelineSchemas';
import { mediaDurationS } from '@/lib/mediaDuration';
import { speechPeaks } from './speechPeaks';

/** Longest file decoded for its waveform: 10 minutes take a few hundred MB, an hour gigabytes. */
const LONGEST_DRAWN_S = 600;

const REGION_ALPHA = 0.32;
const UNCERTAIN_REGION_ALPHA = 0.12;

export interface FilePlayerEvents {
  /** `isWaveform` is false for a file too long to be drawn: it shows where there is speech. */
  onReady: (durationS: number, isWaveform: boolean) => void;
  onUnplayable: () => void;
  onPlaying: (isPlaying: boolean) => void;
  onPosition: (positionS: number) => void;
}

export interface FilePlayer {
  toggle: () => void;
  playFrom: (positionS: number) => void;
  seek: (positionS: number) => void;
  /** Shows the segments, each of which plays when it is clicked. */
  mark: (segments: Segment[]) => void;
  destroy: () => void;
}

function waveColors() {
  return {
    waveColor: themeColor('--ser-wave'),
    progressColor: themeColor('--ser-accent-text'),
    cursorColor: themeColor('--ser-accent-text'),
  };
}

/** Region ids become part names, which style sheets and tests can select. */
function regionOf({ start_s, end_s, emotion, low_information }: Segment) {
  const alpha = low_information ? UNCERTAIN_REGION_ALPHA : REGION_ALPHA;
  return {
    id: emotion,
    start: start_s,
    end: end_s,
    color: emotionColor(emotion, alpha),
    drag: false,
    resize: false,
  };
}

function titleOf({ start_s, end_s, emotion, low_information }: Segment): string {
  const doubt = low_information ? 'Uncertain, maybe ' : '';
  return `${doubt}${emotion}, ${formatTimecode(start_s)} to ${formatTimecode(end_s)}`;
}

/** Draws and plays a file, inside the browser. */
export function createFilePlayer(
  container: HTMLElement,
  file: File,
  events: FilePlayerEvents,
): FilePlayer {
  const wavesurfer = WaveSurfer.create({
    ...waveColors(),
    container,
    height: 'auto',
    barWidth: 3,
    barGap: 2,
    barRadius: 3,
    cursorWidth: 2,
    dragToSeek: true,
  });
  const regions = wavesurfer.registerPlugin(RegionsPlugin.create());
  let segments: Segment[] = [];
  let isWaveform = true;
  let isReady = false;
  let isDestroyed = false;

  const showSegments = () => {
    if (!isReady) return;
    regions.clearRegions();
    for (const segment of segments) {
      const { element } = regions.addRegion(regionOf(segment));
      if (!element) continue;
      element.title = titleOf(segment);
      element.style.cursor = 'pointer';
    }
  };
  const showSpeech = () => {
    const duration = wavesurfer.getDuration();
    wavesurfer.setOptions({ peaks: [speechPeaks(segments, duration)], duration });
    // Setting options does not redraw the new peaks.
    const drawn = wavesurfer.getDecodedData();
    if (drawn) wavesurfer.getRenderer().render(drawn).catch(events.onUnplayable);
  };
  const play = () => {
    wavesurfer.play().catch(events.onUnplayable);
  };
  const playFrom = (positionS: number) => {
    wavesurfer.setTime(positionS);
    play();
  };
  const unobserve = observeTheme(() => {
    wavesurfer.setOptions(waveColors());
    showSegments();
  });
  const load = async () => {
    const durationS = await mediaDurationS(file);
    if (isDestroyed) return;
    if (durationS === undefined) {
      events.onUnplayable();
      return;
    }
    isWaveform = durationS <= LONGEST_DRAWN_S;
    wavesurfer.setOptions({ normalize: isWaveform });
    if (isWaveform) await wavesurfer.loadBlob(file);
    else await wavesurfer.loadBlob(file, [speechPeaks(segments, durationS)], durationS);
  };

  wavesurfer.on('ready', (durationS) => {
    isReady = true;
    showSegments();
    events.onReady(durationS, isWaveform);
  });
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
  regions.on('region-clicked', (region, event) => {
    // Otherwise the waveform would seek to the pointer.
    event.stopPropagation();
    playFrom(region.start);
  });
  load().catch(events.onUnplayable);

  return {
    toggle: () => {
      wavesurfer.playPause().catch(events.onUnplayable);
    },
    playFrom,
    seek: (positionS) => {
      wavesurfer.setTime(positionS);
    },
    mark: (marked) => {
      segments = marked;
      if (isReady && !isWaveform) showSpeech();
      showSegments();
    },
    destroy: () => {
      isDestroyed = true;
      unobserve();
      wavesurfer.destroy();
    },
  };
}
