import { createEvent, fireEvent, render, screen } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { describe, expect, it, vi } from 'vitest';
import { audioFile } from '@/test/fixtures';
import { FilePicker } from './FilePicker';

function renderPicker() {
  const onFiles = vi.fn();
  render(<FilePicker onFiles={onFiles} limit="4 hours" />);
  return { onFiles, card: screen.getByRole('region', { name: 'Upload recordings' }) };
}

/** jsdom has no DragEvent, and a plain Event has no relatedTarget. */
function dragLeave(from: HTMLElement, relatedTarget: HTMLElement) {
  fireEvent(from, new MouseEvent('dragleave', { relatedTarget }));
}

function transfer(files: File[]) {
  return { dataTransfer: { types: ['Files'], files } };
}

describe('choosing', () => {
  it('hands over all chosen files', async () => {
    const { onFiles } = renderPicker();
    const files = [audioFile('a.wav'), audioFile('b.wav')];
    await userEvent.upload(screen.getByLabelText('Choose files'), files);
    expect(onFiles).toHaveBeenCalledExactlyOnceWith(files);
  });

  it('takes the same file a second time', async () => {
    const { onFiles } = renderPicker();
    const file = audioFile();
    await userEvent.upload(screen.getByTestId('file-input'), file);
    await userEvent.upload(screen.getByTestId('file-input'), file);
    expect(onFiles).toHaveBeenCalledTimes(2);
  });
});

describe('dropping', () => {
  it('hands over the dropped files instead of opening them in the browser', () => {
    const { onFiles, card } = renderPicker();
    const files = [audioFile('a.wav'), audioFile('b.wav')];
    const drop = createEvent.drop(card, transfer(files));
    fireEvent(card, drop);
    expect(drop.defaultPrevented).toBe(true);
    expect(onFiles).toHaveBeenCalledExactlyOnceWith(files);
  });

  it('shows that files may be let go here, until they leave', () => {
    const { card } = renderPicker();
    fireEvent.dragEnter(card, transfer([]));
    expect(card).toHaveAttribute('data-dragging', 'true');

    dragLeave(card, screen.getByText('Choose files'));
    expect(card).toHaveAttribute('data-dragging', 'true');

    dragLeave(card, document.body);
    expect(card).toHaveAttribute('data-dragging', 'false');
  });

  it('keeps the page when files are let go beside it', () => {
    const { onFiles, card } = renderPicker();
    const over = createEvent.dragOver(document.body, transfer([]));
    const drop = createEvent.drop(document.body, transfer([audioFile()]));
    fireEvent(document.body, over);
    fireEvent(document.body, drop);
    expect(over.defaultPrevented).toBe(true);
    expect(drop.defaultPrevented).toBe(true);
    expect(card).toHaveAttribute('data-dragging', 'false');
    expect(onFiles).not.toHaveBeenCalled();
  });

  it('leaves dragged text alone', () => {
    const { onFiles, card } = renderPicker();
    const drop = createEvent.drop(card, { dataTransfer: { types: ['text/plain'], files: [] } });
    fireEvent(card, drop);
    expect(drop.defaultPrevented).toBe(false);
    expect(onFiles).not.toHaveBeenCalled();
  });
});
