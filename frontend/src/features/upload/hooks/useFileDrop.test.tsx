import { createEvent, fireEvent, render, screen } from '@testing-library/react';
import { useRef } from 'react';
import { expect, it, vi } from 'vitest';
import { audioFile } from '@/test/fixtures';
import { useFileDrop } from './useFileDrop';

function Zone({ onFiles }: { onFiles: (files: File[]) => void }) {
  const zone = useRef<HTMLDivElement>(null);
  const isOver = useFileDrop(zone, onFiles);
  return (
    <div ref={zone} data-testid="zone" data-over={isOver}>
      <p>Inside</p>
    </div>
  );
}

function renderZone() {
  const onFiles = vi.fn();
  render(<Zone onFiles={onFiles} />);
  return { onFiles, zone: screen.getByTestId('zone') };
}

/** jsdom has no DragEvent, and a plain Event has no relatedTarget. */
function dragLeave(from: HTMLElement, relatedTarget: HTMLElement) {
  fireEvent(from, new MouseEvent('dragleave', { relatedTarget }));
}

function transfer(files: File[]) {
  return { dataTransfer: { types: ['Files'], files } };
}

it('hands over the dropped files instead of opening them in the browser', () => {
  const { onFiles, zone } = renderZone();
  const files = [audioFile('a.wav'), audioFile('b.wav')];
  const drop = createEvent.drop(zone, transfer(files));
  fireEvent(zone, drop);
  expect(drop.defaultPrevented).toBe(true);
  expect(onFiles).toHaveBeenCalledExactlyOnceWith(files);
});

it('shows that files may be let go here, until they leave', () => {
  const { zone } = renderZone();
  fireEvent.dragEnter(zone, transfer([]));
  expect(zone).toHaveAttribute('data-over', 'true');
  dragLeave(zone, screen.getByText('Inside'));
  expect(zone).toHaveAttribute('data-over', 'true');
  dragLeave(zone, document.body);
  expect(zone).toHaveAttribute('data-over', 'false');
});

it('keeps the page when files are let go beside it', () => {
  const { onFiles, zone } = renderZone();
  const over = createEvent.dragOver(document.body, transfer([]));
  const drop = createEvent.drop(document.body, transfer([audioFile()]));
  fireEvent(document.body, over);
  fireEvent(document.body, drop);
  expect(over.defaultPrevented).toBe(true);
  expect(drop.defaultPrevented).toBe(true);
  expect(zone).toHaveAttribute('data-over', 'false');
  expect(onFiles).not.toHaveBeenCalled();
});

it('leaves dragged text alone', () => {
  const { onFiles, zone } = renderZone();
  const drop = createEvent.drop(zone, { dataTransfer: { types: ['text/plain'], files: [] } });
  fireEvent(zone, drop);
  expect(drop.defaultPrevented).toBe(false);
  expect(onFiles).not.toHaveBeenCalled();
});
