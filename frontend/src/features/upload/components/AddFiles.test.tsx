import { render, screen } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { expect, it, vi } from 'vitest';
import { audioFile } from '@/test/fixtures';
import { AddFiles } from './AddFiles';

function renderPicker(isSlim = false) {
  const onFiles = vi.fn();
  render(<AddFiles onFiles={onFiles} limit="4 hours" isOver={false} isSlim={isSlim} />);
  return onFiles;
}

it('hands over all chosen files', async () => {
  const onFiles = renderPicker();
  const files = [audioFile('a.wav'), audioFile('b.wav')];
  await userEvent.upload(screen.getByLabelText('Choose files'), files);
  expect(onFiles).toHaveBeenCalledExactlyOnceWith(files);
});

it('takes the same file a second time', async () => {
  const onFiles = renderPicker(true);
  const file = audioFile();
  await userEvent.upload(screen.getByLabelText('Add files'), file);
  await userEvent.upload(screen.getByTestId('file-input'), file);
  expect(onFiles).toHaveBeenCalledTimes(2);
});

it('says how long a file may be', () => {
  renderPicker();
  expect(screen.getByTestId('file-input')).toHaveAccessibleDescription(/up to 4 hours/);
});
