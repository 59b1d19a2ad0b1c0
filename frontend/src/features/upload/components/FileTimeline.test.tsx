import { act, fireEvent, render, screen } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { beforeEach, expect, it, vi } from 'vitest';
import type { SpeechTimeline } from '@/lib/timelineSchemas';
import { audioFile, happyTimeline, twoPartTimeline } from '@/test/fixtures';
import { createFilePlayer, type FilePlayerEvents } from '../lib/filePlayer';
import { FileTimeline } from './FileTimeline';

vi.mock('../lib/filePlayer', () => ({ createFilePlayer: vi.fn() }));

const player = {
  toggle: vi.fn(),
  playFrom: vi.fn(),
  seek: vi.fn(),
  mark: vi.fn(),
  destroy: vi.fn(),
};

beforeEach(() => {
  for (const act of Object.values(player)) act.mockReset();
});

async function renderTimeline(timeline: SpeechTimeline = twoPartTimeline) {
  let events: FilePlayerEvents | undefined;
  vi.mocked(createFilePlayer).mockImplementation((_container, _file, given) => {
    events = given;
    return player;
  });
  const view = render(
    <FileTimeline
      file={audioFile('laugh.wav')}
      emotions={Object.keys(timeline.probabilities)}
      windows={timeline.windows}
      durationS={timeline.duration_s}
      segments={timeline.segments}
    />,
  );
  await act(() => vi.dynamicImportSettled());
  const tell = (happen: (events: FilePlayerEvents) => void) => {
    act(() => {
      if (events) happen(events);
    });
  };
  return { ...view, tell };
}

it('plays the file and shows where it is', async () => {
  const { tell, unmount } = await renderTimeline();
  const play = screen.getByRole('button', { name: 'Play laugh.wav' });
  expect(play).toBeDisabled();

  tell(({ onReady }) => {
    onReady(62, true);
  });
  await userEvent.click(play);
  expect(player.toggle).toHaveBeenCalledOnce();

  tell(({ onPlaying, onPosition }) => {
    onPlaying(true);
    onPosition(3.4);
  });
  expect(screen.getByRole('button', { name: 'Pause laugh.wav' })).toBeInTheDocument();
  expect(screen.getByTestId('play-position')).toHaveTextContent('00:03 / 01:02');
  const [first, second] = screen.getAllByTestId('segment-row');
  expect(first).toHaveAttribute('aria-current', 'true');
  expect(second).not.toHaveAttribute('aria-current');
  unmount();
  expect(player.destroy).toHaveBeenCalledOnce();
});

it('marks the segments, and plays from one', async () => {
  const { tell } = await renderTimeline();
  expect(player.mark).toHaveBeenCalledExactlyOnceWith(twoPartTimeline.segments);
  expect(screen.queryByRole('button', { name: /Play 00:08/ })).not.toBeInTheDocument();
  tell(({ onReady }) => {
    onReady(12, true);
  });
  await userEvent.click(screen.getByRole('button', { name: /Play 00:08/ }));
  expect(player.playFrom).toHaveBeenCalledExactlyOnceWith(8);
});

it('goes anywhere from the curve', async () => {
  const { tell } = await renderTimeline();
  tell(({ onReady }) => {
    onReady(12, true);
  });
  const position = screen.getByRole('slider', { name: 'Position in the file' });
  fireEvent.change(position, { target: { value: '6' } });
  expect(player.seek).toHaveBeenCalledExactlyOnceWith(6);
  tell(({ onPosition }) => {
    onPosition(6);
  });
  expect(position).toHaveAttribute('aria-valuetext', '00:06 of 00:12');
});

it('says so when a file is too long to be drawn', async () => {
  const { tell } = await renderTimeline();
  tell(({ onReady }) => {
    onReady(3600, false);
  });
  expect(screen.getByTestId('not-drawn')).toHaveTextContent('where there is speech');
});

it('says so when the browser cannot play it, and shows the result of the server', async () => {
  const { tell } = await renderTimeline();
  tell(({ onUnplayable }) => {
    onUnplayable();
  });
  expect(screen.getByText(/cannot play the file/)).toBeInTheDocument();
  expect(screen.getByTestId('emotion-curve')).toBeInTheDocument();
  expect(screen.queryByRole('slider')).not.toBeInTheDocument();
});

it('needs no table for one segment', async () => {
  await renderTimeline(happyTimeline);
  expect(screen.queryByTestId('segment-table')).not.toBeInTheDocument();
  expect(screen.getByTestId('emotion-curve')).toBeInTheDocument();
});

it('zooms into a long recording, and follows the playback', async () => {
  const { tell } = await renderTimeline();
  tell(({ onReady }) => {
    onReady(600, true);
  });
  const closer = screen.getByRole('button', { name: 'Zoom in' });
  const wider = screen.getByRole('button', { name: 'Zoom out' });
  expect(wider).toHaveAttribute('aria-disabled', 'true');
  for (let i = 0; i < 5; i++) await userEvent.click(closer);
  expect(closer).toHaveAttribute('aria-disabled', 'true');

  const whole = screen.getByTestId('file-waveform').querySelector<HTMLElement>('[style*="--zoom"]');
  const scroller = whole?.parentElement;
  if (!whole || !scroller) throw new Error('Nothing is zoomed.');
  expect(whole.style.getPropertyValue('--zoom')).toBe('8');
  Object.defineProperties(scroller, { clientWidth: { value: 500 }, scrollWidth: { value: 4000 } });
  tell(({ onPosition }) => {
    onPosition(60);
  });
  expect(scroller.scrollLeft).toBe(0);
  tell(({ onPosition }) => {
    onPosition(300);
  });
  expect(scroller.scrollLeft).toBe(1950);

  for (let i = 0; i < 3; i++) await userEvent.click(wider);
  expect(whole.style.getPropertyValue('--zoom')).toBe('1');
});

it('has nothing nearer to show of a short one', async () => {
  const { tell } = await renderTimeline();
  tell(({ onReady }) => {
    onReady(62, true);
  });
  expect(screen.queryByRole('button', { name: 'Zoom in' })).not.toBeInTheDocument();
});
