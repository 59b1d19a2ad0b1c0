import { waitFor } from '@testing-library/react';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { mediaDurationS } from '@/lib/mediaDuration';
import { audioFile } from '@/test/fixtures';
import { createFilePlayer } from './filePlayer';

vi.mock('@/lib/mediaDuration', () => ({ mediaDurationS: vi.fn() }));

/** jsdom plays nothing: this plays as fast as the test says. */
let media: HTMLMediaElement;
let isPaused = true;
const revoke = vi.fn();

beforeEach(() => {
  isPaused = true;
  revoke.mockReset();
  vi.spyOn(document, 'createElement').mockImplementation((name: string) => {
    const element = document.createElementNS('http://www.w3.org/1999/xhtml', name);
    if (element instanceof HTMLMediaElement) {
      media = element;
      let atS = 0;
      Object.defineProperties(element, {
        paused: { get: () => isPaused },
        currentTime: {
          get: () => atS,
          set: (toS: number) => {
            atS = toS;
          },
        },
      });
      element.load = vi.fn();
      element.play = vi.fn(() => {
        isPaused = false;
        element.dispatchEvent(new Event('play'));
        return Promise.resolve();
      });
      element.pause = vi.fn(() => {
        isPaused = true;
        element.dispatchEvent(new Event('pause'));
      });
    }
    return element;
  });
  URL.createObjectURL = vi.fn(() => 'blob:file');
  URL.revokeObjectURL = revoke;
});

afterEach(() => {
  vi.restoreAllMocks();
});

function openPlayer(durationS: number | undefined = 62) {
  vi.mocked(mediaDurationS).mockReset().mockResolvedValue(durationS);
  const events = {
    onReady: vi.fn(),
    onUnplayable: vi.fn(),
    onPlaying: vi.fn(),
    onPosition: vi.fn(),
  };
  return { events, player: createFilePlayer(audioFile(), events) };
}

function playTo(positionS: number) {
  media.currentTime = positionS;
  media.dispatchEvent(new Event('timeupdate'));
}

it('is ready once it knows how long the file is', async () => {
  const { events } = openPlayer();
  await waitFor(() => {
    expect(events.onReady).toHaveBeenCalledExactlyOnceWith(62);
  });
  expect(events.onUnplayable).not.toHaveBeenCalled();
});

it('says so where the browser cannot play the file', async () => {
  vi.mocked(mediaDurationS).mockReset();
  const { events } = openPlayer();
  vi.mocked(mediaDurationS).mockResolvedValue(undefined);
  media.dispatchEvent(new Event('error'));
  await waitFor(() => {
    expect(events.onUnplayable).toHaveBeenCalled();
  });
});

it('plays and pauses', () => {
  const { events, player } = openPlayer();
  player.toggle();
  expect(events.onPlaying).toHaveBeenLastCalledWith(true);
  player.toggle();
  expect(events.onPlaying).toHaveBeenLastCalledWith(false);
});

describe('a part of the file', () => {
  it('stops at its end', () => {
    const { events, player } = openPlayer();
    player.playStretch({ startS: 8, endS: 12 });
    expect(media.currentTime).toBe(8);
    playTo(11.9);
    expect(isPaused).toBe(false);
    playTo(12.1);
    expect(isPaused).toBe(true);
    expect(media.currentTime).toBe(12);
    expect(events.onPosition).toHaveBeenLastCalledWith(12);
  });

  it('is repeated while that is on, and stops after it is off', () => {
    const { player } = openPlayer();
    player.repeat(true);
    player.playStretch({ startS: 8, endS: 12 });
    playTo(12);
    expect(media.currentTime).toBe(8);
    expect(isPaused).toBe(false);
    player.repeat(false);
    playTo(12);
    expect(isPaused).toBe(true);
  });

  it('is the one at the position, where repeating begins while it plays', () => {
    const { player } = openPlayer();
    player.toggle();
    player.repeat(true, { startS: 0, endS: 6 });
    playTo(6.2);
    expect(media.currentTime).toBe(0);
  });

  it('is left by going elsewhere', () => {
    const { player } = openPlayer();
    player.playStretch({ startS: 8, endS: 12 });
    player.seek(30);
    playTo(31);
    expect(isPaused).toBe(false);
  });

  it('begins again where the file ends with it', () => {
    const { player } = openPlayer();
    player.repeat(true);
    player.playStretch({ startS: 8, endS: 12 });
    isPaused = true;
    media.dispatchEvent(new Event('ended'));
    expect(media.currentTime).toBe(8);
    expect(isPaused).toBe(false);
  });
});

it('is silent once it is gone', () => {
  const { events, player } = openPlayer();
  player.toggle();
  player.destroy();
  expect(isPaused).toBe(true);
  expect(revoke).toHaveBeenCalledExactlyOnceWith('blob:file');
  events.onPosition.mockClear();
  playTo(5);
  expect(events.onPosition).not.toHaveBeenCalled();
});
