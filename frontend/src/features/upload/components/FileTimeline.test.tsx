import { act, fireEvent, render, screen } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { beforeEach, expect, it, vi } from 'vitest';
import { audioFile, twoPartTimeline } from '@/test/fixtures';
import { useFilePlayer } from '../hooks/useFilePlayer';
import { drawnOf } from '../lib/drawn';
import { createFilePlayer, type FilePlayerEvents } from '../lib/filePlayer';
import type { UploadState } from '../lib/uploads';
import { FileTimeline } from './FileTimeline';

vi.mock('../lib/filePlayer', () => ({ createFilePlayer: vi.fn() }));

const player = {
  toggle: vi.fn(),
  pause: vi.fn(),
  playStretch: vi.fn(),
  seek: vi.fn(),
  repeat: vi.fn(),
  destroy: vi.fn(),
};

beforeEach(() => {
  for (const act of Object.values(player)) act.mockReset();
});

const done: UploadState = { phase: 'done', timeline: twoPartTimeline, asked: {} };

interface PlayedProps {
  file: File;
  state: UploadState;
  isShown: boolean;
}

function Played({ file, state, isShown }: PlayedProps) {
  const drawn = drawnOf(state, [], true);
  const control = useFilePlayer(file, drawn.segments, isShown);
  return <FileTimeline file={file} drawn={drawn} player={control} threshold={0.43} />;
}

function renderTimeline(state: UploadState = done) {
  let events: FilePlayerEvents | undefined;
  vi.mocked(createFilePlayer).mockImplementation((_file, given) => {
    events = given;
    return player;
  });
  const file = audioFile('laugh.wav');
  const view = render(<Played file={file} state={state} isShown />);
  const tell = (happen: (events: FilePlayerEvents) => void) => {
    act(() => {
      if (events) happen(events);
    });
  };
  const hide = () => {
    view.rerender(<Played file={file} state={state} isShown={false} />);
  };
  return { ...view, tell, hide };
}

it('plays the file and shows where it is', async () => {
  const { tell, unmount } = renderTimeline();
  const play = screen.getByRole('button', { name: 'Play laugh.wav' });
  expect(play).toBeDisabled();
  tell(({ onReady }) => {
    onReady(62);
  });
  await userEvent.click(play);
  expect(player.toggle).toHaveBeenCalledOnce();
  tell(({ onPlaying, onPosition }) => {
    onPlaying(true);
    onPosition(3.4);
  });
  expect(screen.getByRole('button', { name: 'Pause laugh.wav' })).toBeInTheDocument();
  expect(screen.getByTestId('play-position')).toHaveTextContent('00:03 / 01:02');
  unmount();
  expect(player.destroy).toHaveBeenCalledOnce();
});

it('pauses where nobody sees it', () => {
  const { hide } = renderTimeline();
  expect(player.pause).not.toHaveBeenCalled();
  hide();
  expect(player.pause).toHaveBeenCalledOnce();
});

it('plays the segment of the ribbon that is pressed', () => {
  const { tell } = renderTimeline();
  tell(({ onReady }) => {
    onReady(12);
  });
  const ribbon = screen.getByTestId('file-ribbon');
  ribbon.getBoundingClientRect = () => new DOMRect(100, 0, 1200, 20);
  fireEvent.click(ribbon, { clientX: 100 + 900 });
  expect(player.playStretch).toHaveBeenCalledExactlyOnceWith({ startS: 8, endS: 12 });
  fireEvent.click(ribbon, { clientX: 100 + 700 });
  expect(player.playStretch).toHaveBeenCalledOnce();
});

it('goes anywhere, and repeats the segment that is there', async () => {
  const { tell } = renderTimeline();
  tell(({ onReady }) => {
    onReady(12);
  });
  const position = screen.getByRole('slider', { name: 'Position in the file' });
  fireEvent.change(position, { target: { value: '7' } });
  expect(player.seek).toHaveBeenLastCalledWith(7, undefined);
  tell(({ onPosition }) => {
    onPosition(9);
  });
  expect(position).toHaveAttribute('aria-valuetext', '00:09 of 00:12');
  const repeat = screen.getByRole('button', { name: 'Repeat the segment' });
  await userEvent.click(repeat);
  expect(repeat).toHaveAttribute('aria-pressed', 'true');
  expect(player.repeat).toHaveBeenCalledExactlyOnceWith(true, { startS: 8, endS: 12 });
  fireEvent.change(position, { target: { value: '2' } });
  expect(player.seek).toHaveBeenLastCalledWith(2, { startS: 0, endS: 6 });
});

it('draws the peaks of the server, however long the recording is', () => {
  const long = { ...twoPartTimeline, duration_s: 3600, peaks: [0, 128, 64] };
  const { tell } = renderTimeline({ phase: 'done', timeline: long, asked: {} });
  tell(({ onReady }) => {
    onReady(3600);
  });
  expect(screen.getByTestId('waveform')).toHaveAttribute('data-peaks', '3');
  expect(screen.queryByTestId('not-drawn')).not.toBeInTheDocument();
});

it('says so where only the speech of a long recording can be drawn', () => {
  const { tell } = renderTimeline();
  tell(({ onReady }) => {
    onReady(3600);
  });
  expect(screen.getByTestId('not-drawn')).toHaveTextContent('where there is speech');
});

it('says so when the browser cannot play it, and shows the result of the server', () => {
  const { tell } = renderTimeline();
  tell(({ onUnplayable }) => {
    onUnplayable();
  });
  expect(screen.getByText(/cannot play the file/)).toBeInTheDocument();
  expect(screen.getByTestId('emotion-lanes')).toBeInTheDocument();
  expect(screen.queryByRole('slider')).not.toBeInTheDocument();
});

it('says below which confidence a result is uncertain', () => {
  renderTimeline();
  expect(screen.getByTestId('uncertain-legend')).toHaveTextContent('Below 43%: uncertain');
});

it('zooms into a long recording, and follows the playback', async () => {
  const { tell } = renderTimeline();
  tell(({ onReady }) => {
    onReady(150);
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
    onPosition(15);
  });
  expect(scroller.scrollLeft).toBe(0);
  tell(({ onPosition }) => {
    onPosition(75);
  });
  expect(scroller.scrollLeft).toBe(1950);
  for (let i = 0; i < 3; i++) await userEvent.click(wider);
  expect(whole.style.getPropertyValue('--zoom')).toBe('1');
});

it('has a lane for each voice, and shows the probabilities of one', async () => {
  const [first, second] = twoPartTimeline.segments;
  if (!first || !second) throw new Error('The fixture has two segments.');
  const voice = { ...twoPartTimeline, speech_s: 6, low_information: false };
  const timeline = {
    ...twoPartTimeline,
    windows: twoPartTimeline.windows.map((window, i) => ({ ...window, voice: i < 2 ? 1 : 2 })),
    voices: [
      { ...voice, id: 1, channel: 1, segments: [first] },
      { ...voice, id: 2, channel: 2, segments: [second], emotion: null, confidence: null },
    ],
  };
  renderTimeline({ phase: 'done', timeline, asked: {} });
  expect(screen.getAllByTestId('voice-lane')).toHaveLength(2);
  expect(screen.getByRole('img', { name: /Left channel: Happy, 60% of speech/ })).toBeInTheDocument();
  expect(screen.getByRole('img', { name: 'Right channel: No speech' })).toBeInTheDocument();
  expect(screen.getByRole('img', { name: /from 3 windows/ })).toBeInTheDocument();
  await userEvent.click(screen.getByRole('button', { name: 'Left channel' }));
  expect(screen.getByRole('img', { name: /from 2 windows/ })).toBeInTheDocument();
  await userEvent.click(screen.getByRole('button', { name: 'Left channel' }));
  expect(screen.getByRole('img', { name: /from 3 windows/ })).toBeInTheDocument();
});
