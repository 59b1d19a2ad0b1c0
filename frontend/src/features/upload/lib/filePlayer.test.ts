import { beforeEach, expect, it, vi } from 'vitest';
import { audioFile } from '../../../test/fixtures';
import { createFilePlayer } from './filePlayer';

type Listener = (value?: number) => void;

const create = vi.hoisted(() => vi.fn());
vi.mock('wavesurfer.js', () => ({ default: { create } }));
vi.mock('wavesurfer.js/plugins/timeline', () => ({ default: { create: vi.fn() } }));

const listeners = new Map<string, Listener>();
const wavesurfer = {
  on: (event: string, listener: Listener) => listeners.set(event, listener),
  loadBlob: vi.fn<(blob: Blob) => Promise<void>>(),
  playPause: vi.fn<() => Promise<void>>(),
  setOptions: vi.fn(),
  destroy: vi.fn(),
};

beforeEach(() => {
  listeners.clear();
  create.mockReset().mockReturnValue(wavesurfer);
  wavesurfer.loadBlob.mockReset().mockResolvedValue();
  wavesurfer.playPause.mockReset().mockResolvedValue();
  wavesurfer.destroy.mockReset();
});

function openPlayer() {
  const events = {
    onReady: vi.fn(),
    onUnplayable: vi.fn(),
    onPlaying: vi.fn(),
    onPosition: vi.fn(),
  };
  const file = audioFile();
  const player = createFilePlayer(document.createElement('div'), file, events);
  return { player, file, ...events };
}

it('loads the file and tells what happens to it', () => {
  const { file, onReady, onPlaying, onPosition } = openPlayer();
  expect(wavesurfer.loadBlob).toHaveBeenCalledExactlyOnceWith(file);
  listeners.get('ready')?.(62);
  expect(onReady).toHaveBeenCalledExactlyOnceWith(62);
  listeners.get('play')?.();
  listeners.get('timeupdate')?.(3);
  listeners.get('pause')?.();
  listeners.get('finish')?.();
  expect(onPosition).toHaveBeenCalledExactlyOnceWith(3);
  expect(onPlaying.mock.calls).toEqual([[true], [false], [false]]);
});

it('plays and pauses, until it is destroyed', () => {
  const { player } = openPlayer();
  player.toggle();
  expect(wavesurfer.playPause).toHaveBeenCalledOnce();
  player.destroy();
  expect(wavesurfer.destroy).toHaveBeenCalledOnce();
});

it('tells when the browser cannot decode the file', async () => {
  wavesurfer.loadBlob.mockRejectedValue(new DOMException('', 'EncodingError'));
  const { onUnplayable } = openPlayer();
  await Promise.resolve();
  expect(onUnplayable).toHaveBeenCalledOnce();
});
