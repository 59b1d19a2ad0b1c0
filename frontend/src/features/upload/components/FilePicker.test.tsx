import { createEvent, fireEvent, render, screen } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { describe, expect, it, vi } from 'vitest';
import { audioFile } from '../../../test/fixtures';
import { FilePicker } from './FilePicker';

function renderPicker(disabled = false) {
  const handlers = { onFile: vi.fn(), onProblem: vi.fn() };
  render(<FilePicker disabled={disabled} {...handlers} />);
  return { ...handlers, card: screen.getByRole('region', { name: 'Use a recording' }) };
}

/** jsdom has no DragEvent, and a plain Event has no relatedTarget. */
function dragLeave(from: HTMLElement, relatedTarget: HTMLElement) {
  fireEvent(from, new MouseEvent('dragleave', { relatedTarget }));
}

function transfer(files: File[]) {
  return { dataTransfer: { types: ['Files'], files } };
}

describe('choosing', () => {
  it('hands over the chosen file', async () => {
    const { onFile } = renderPicker();
    const file = audioFile();
    await userEvent.upload(screen.getByLabelText('Choose a file'), file);
    expect(onFile).toHaveBeenCalledExactlyOnceWith(file);
  });

  it('takes the same file a second time', async () => {
    const { onFile } = renderPicker();
    const file = audioFile();
    await userEvent.upload(screen.getByTestId('file-input'), file);
    await userEvent.upload(screen.getByTestId('file-input'), file);
    expect(onFile).toHaveBeenCalledTimes(2);
  });

  it('can be switched off', () => {
    renderPicker(true);
    expect(screen.getByTestId('file-input')).toBeDisabled();
  });
});

describe('dropping', () => {
  it('hands over the dropped file instead of opening it in the browser', () => {
    const { onFile, card } = renderPicker();
    const file = audioFile();
    const drop = createEvent.drop(card, transfer([file]));
    fireEvent(card, drop);
    expect(drop.defaultPrevented).toBe(true);
    expect(onFile).toHaveBeenCalledExactlyOnceWith(file);
  });

  it('shows that a file may be let go here, until it leaves', () => {
    const { card } = renderPicker();
    fireEvent.dragEnter(card, transfer([]));
    expect(card).toHaveAttribute('data-dragging', 'true');

    dragLeave(card, screen.getByText('Choose a file'));
    expect(card).toHaveAttribute('data-dragging', 'true');

    dragLeave(card, document.body);
    expect(card).toHaveAttribute('data-dragging', 'false');
  });

  it('asks for one file at a time', () => {
    const { onFile, onProblem, card } = renderPicker();
    fireEvent.drop(card, transfer([audioFile('a.wav'), audioFile('b.wav')]));
    expect(onFile).not.toHaveBeenCalled();
    expect(onProblem).toHaveBeenCalledExactlyOnceWith(
      expect.objectContaining({ code: 'several_files' }),
    );
  });

  it('leaves dragged text alone', () => {
    const { card } = renderPicker();
    const drop = createEvent.drop(card, { dataTransfer: { types: ['text/plain'], files: [] } });
    fireEvent(card, drop);
    expect(drop.defaultPrevented).toBe(false);
  });

  it('takes nothing while it is switched off', () => {
    const { onFile, card } = renderPicker(true);
    fireEvent.drop(card, transfer([audioFile()]));
    expect(onFile).not.toHaveBeenCalled();
  });
});
