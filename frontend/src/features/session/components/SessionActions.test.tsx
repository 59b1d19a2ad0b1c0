import { render, screen, within } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { expect, it, vi } from 'vitest';
import { download } from '@/lib/download';
import { happy, sessionOf } from '@/test/fixtures';
import type { SessionControl } from '../hooks/useSession';
import { SessionActions } from './SessionActions';

vi.mock('@/lib/download');

function renderActions(part: Partial<SessionControl> = {}) {
  const control: SessionControl = {
    session: sessionOf(happy, null),
    dispatch: vi.fn(),
    isKept: false,
    cannotKeep: false,
    keep: vi.fn(),
    ...part,
  };
  const onCleared = vi.fn();
  render(<SessionActions {...control} isInHistory={false} hasHistoryFailed={false} onCleared={onCleared} />);
  return { ...control, onCleared };
}

it.each([
  ['CSV', /\.csv$/, /^text\/csv/],
  ['JSON', /\.json$/, /^application\/json/],
])('exports %s', async (format, fileName, mimeType) => {
  renderActions();
  await userEvent.click(screen.getByRole('button', { name: `Export ${format}` }));
  expect(download).toHaveBeenCalledWith(
    expect.stringContaining('Happy'),
    expect.stringMatching(fileName),
    expect.stringMatching(mimeType),
  );
});

it('clears when that is confirmed', async () => {
  const { dispatch, onCleared } = renderActions();
  await userEvent.click(screen.getByTestId('clear-session'));
  expect(dispatch).not.toHaveBeenCalled();
  const dialog = screen.getByRole('dialog', { name: 'Clear this session?' });
  await userEvent.click(within(dialog).getByRole('button', { name: 'Clear' }));
  expect(dispatch).toHaveBeenCalledExactlyOnceWith(expect.objectContaining({ type: 'cleared' }));
  expect(onCleared).toHaveBeenCalledOnce();
  expect(screen.queryByRole('dialog')).not.toBeInTheDocument();
});

it('clears nothing when that is taken back', async () => {
  const { dispatch } = renderActions();
  await userEvent.click(screen.getByTestId('clear-session'));
  await userEvent.click(screen.getByRole('button', { name: 'Go back' }));
  expect(dispatch).not.toHaveBeenCalled();
  expect(screen.queryByRole('dialog')).not.toBeInTheDocument();
});

it('has nothing to export or clear before the first result', async () => {
  renderActions({ session: sessionOf() });
  expect(screen.getByTestId('export-csv')).toBeDisabled();
  expect(screen.getByTestId('export-json')).toBeDisabled();
  expect(screen.getByTestId('clear-session')).toHaveAttribute('aria-disabled', 'true');
  await userEvent.click(screen.getByTestId('clear-session'));
  expect(screen.queryByRole('dialog')).not.toBeInTheDocument();
});

it('keeps the session only when it is switched on', async () => {
  const { keep } = renderActions();
  const toggle = screen.getByRole('checkbox', { name: 'Keep' });
  expect(toggle).not.toBeChecked();
  await userEvent.click(toggle);
  expect(keep).toHaveBeenCalledExactlyOnceWith(true);
});

it('says when the browser stores nothing', () => {
  renderActions({ isKept: true, cannotKeep: true });
  expect(screen.getByText(/cannot store the session/)).toBeInTheDocument();
});
