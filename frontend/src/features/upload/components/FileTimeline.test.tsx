import { act, render, screen } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { beforeEach, expect, it, vi } from 'vitest';
import { audioFile } from '../../../test/fixtures';
import { createFilePlayer, type FilePlayerEvents } from '../lib/filePlayer';
import { FileWaveform } from './FileWaveform';

vi.mock('../lib/filePlayer', () => ({ createFilePlayer: vi.fn() }));

const player = { toggle: vi.fn(), destroy: vi.fn() };

beforeEach(() => {
  player.toggle.mockReset();
  player.destroy.mockReset();
});

async function renderWaveform() {
  let events: FilePlayerEvents | undefined;
  vi.mocked(createFilePlayer).mockImplementation((_container, _file, given) => {
    events = given;
    return player;
  });
  const view = render(<FileWaveform file={audioFile('laugh.wav')} />);
  await act(() => vi.dynamicImportSettled());
  const tell = (happen: (events: FilePlayerEvents) => void) => {
    act(() => {
      if (events) happen(events);
    });
  };
  return { ...view, tell };
}

it('plays the file and shows where it is', async () => {
  const { tell, unmount } = await renderWaveform();
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

it('says so when the browser cannot play it', async () => {
  const { tell } = await renderWaveform();
  tell(({ onUnplayable }) => {
    onUnplayable();
  });
  expect(screen.getByText(/cannot play the file/)).toBeInTheDocument();
});
