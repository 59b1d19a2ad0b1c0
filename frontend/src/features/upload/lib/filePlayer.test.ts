import { waitFor } from '@testing-library/react';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { audioFile, twoPartTimeline } from '@/test/fixtures';
import { createFilePlayer } from './filePlayer';
import { mediaDurationS } from '@/lib/mediaDuration';

type Listener = (...values: unknown[]) => void;

const create = vi.hoisted(() => vi.fn());
const regions = vi.hoisted(() => ({
  listeners: new Map<string, Listener>(),
  addRegion: vi.fn(),
  clearRegions: vi.fn(),
}));
vi.mock('wavesurfer.js', () => ({ default: { create } }));
vi.mock('wavesurfer.js/plugins/regions', () => ({
  default: {
    create: () => ({
      ...regions,
      on: (event: string, listener: Listener) => regions.listeners.set(event, listener),
    }),
  },
}));
vi.mock('@/lib/mediaDuration', () => ({ mediaDurationS: vi.fn() }));

const render = vi.fn(() => Promise.resolve());
const listeners = new Map<string, Listener>();
const wavesurfer = {
  on: (event: string, listener: Listener) => listeners.set(event, listener),
  registerPlugin: <P>(plugin: P) => plugin,
  loadBlob: vi.fn<(blob: Blob, peaks?: number[][], durationS?: number) => Promise<void>>(),
  getDuration: () => 3600,
  getDecodedData: () => ({}),
  getRenderer: () => ({ render }),
  play: vi.fn<() => Promise<void>>(),
  playPause: vi.fn<() => Promise<void>>(),
  setTime: vi.fn(),
  setOptions: vi.fn(),
  destroy: vi.fn(),
};

beforeEach(() => {
  listeners.clear();
  create.mockReset().mockReturnValue(wavesurfer);
  wavesurfer.loadBlob.mockReset().mockResolvedValue();
  wavesurfer.play.mockReset().mockResolvedValue();
  wavesurfer.playPause.mockReset().mockResolvedValue();
  for (const act of [wavesurfer.setTime, wavesurfer.setOptions, wavesurfer.destroy]) act.mockReset();
  regions.addRegion.mockReset().mockReturnValue({ element: null });
  regions.clearRegions.mockReset();
});

async function openPlayer(durationS: number | null = 62) {
  vi.mocked(mediaDurationS).mockReset().mockResolvedValue(durationS ?? undefined);
  const events = {
    onReady: vi.fn(),
    onUnplayable: vi.fn(),
    onPlaying: vi.fn(),
    onPosition: vi.fn(),
  };
  const file = audioFile();
  const player = createFilePlayer(document.createElement('div'), file, events);
  await Promise.resolve();
  return { player, file, ...events };
}

it('loads the file and reports its events', async () => {
  const { file, onReady, onPlaying, onPosition } = await openPlayer();
  expect(wavesurfer.loadBlob).toHaveBeenCalledExactlyOnceWith(file);
  listeners.get('ready')?.(62);
  expect(onReady).toHaveBeenCalledExactlyOnceWith(62, true);
  listeners.get('play')?.();
  listeners.get('timeupdate')?.(3);
  listeners.get('pause')?.();
  listeners.get('finish')?.();
  expect(onPosition).toHaveBeenCalledExactlyOnceWith(3);
  expect(onPlaying.mock.calls).toEqual([[true], [false], [false]]);
});

it('plays, pauses and goes elsewhere, until it is destroyed', async () => {
  const { player } = await openPlayer();
  player.toggle();
  expect(wavesurfer.playPause).toHaveBeenCalledOnce();
  player.seek(5);
  expect(wavesurfer.setTime).toHaveBeenLastCalledWith(5);
  expect(wavesurfer.play).not.toHaveBeenCalled();
  player.playFrom(7);
  expect(wavesurfer.setTime).toHaveBeenLastCalledWith(7);
  expect(wavesurfer.play).toHaveBeenCalledOnce();
  player.destroy();
  expect(wavesurfer.destroy).toHaveBeenCalledOnce();
});

it('reports when the browser cannot decode the file', async () => {
  wavesurfer.loadBlob.mockRejectedValue(new DOMException('', 'EncodingError'));
  const { onUnplayable } = await openPlayer();
  await waitFor(() => {
    expect(onUnplayable).toHaveBeenCalledOnce();
  });
});

it('does not read a file that the browser cannot play', async () => {
  const { onUnplayable } = await openPlayer(null);
  expect(onUnplayable).toHaveBeenCalledOnce();
  expect(wavesurfer.loadBlob).not.toHaveBeenCalled();
});

describe('segments', () => {
  const { segments } = twoPartTimeline;

  it('are marked once there is something to mark, and anew when they change', async () => {
    const { player } = await openPlayer();
    player.mark(segments);
    expect(regions.addRegion).not.toHaveBeenCalled();
    listeners.get('ready')?.(12);
    const marked = regions.addRegion.mock.calls.map(([region]) => region as object);
    expect(marked).toMatchObject([
      { id: 'Happy', start: 0, end: 6 },
      { id: 'Sad', start: 8, end: 12 },
    ]);
    regions.clearRegions.mockReset();
    player.mark([]);
    expect(regions.clearRegions).toHaveBeenCalledOnce();
  });

  it('play from their beginning when they are clicked', async () => {
    await openPlayer();
    const stopPropagation = vi.fn();
    regions.listeners.get('region-clicked')?.({ start: 8 }, { stopPropagation });
    expect(stopPropagation).toHaveBeenCalledOnce();
    expect(wavesurfer.setTime).toHaveBeenCalledExactlyOnceWith(8);
    expect(wavesurfer.play).toHaveBeenCalledOnce();
  });
});

describe('a long file', () => {
  it('is not decoded: where there is speech is drawn in its place', async () => {
    const { player, onReady } = await openPlayer(3600);
    const [, before, durationS] = wavesurfer.loadBlob.mock.calls[0] ?? [];
    expect(durationS).toBe(3600);
    expect(new Set(before?.[0]).size).toBe(1);
    listeners.get('ready')?.(3600);
    expect(onReady).toHaveBeenCalledExactlyOnceWith(3600, false);
    player.mark(twoPartTimeline.segments);
    const { peaks } = wavesurfer.setOptions.mock.lastCall?.[0] as { peaks: number[][] };
    expect(new Set(peaks[0]).size).toBe(2);
    expect(render).toHaveBeenCalledOnce();
  });
});
