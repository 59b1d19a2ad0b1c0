import { render, screen } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { expect, it, vi } from 'vitest';
import type { RecordingPhase } from '../hooks/useRecording';
import { MicRecorder } from './MicRecorder';

function renderIn(phase: RecordingPhase) {
  const handlers = { start: vi.fn(), cancel: vi.fn(), onStart: vi.fn() };
  const { start, cancel, onStart } = handlers;
  render(<MicRecorder recording={{ phase, start, cancel }} onStart={onStart} />);
  return handlers;
}

it('starts a recording of 3 s', async () => {
  const { start, cancel, onStart } = renderIn('idle');
  await userEvent.click(screen.getByRole('button', { name: 'Record 3 s' }));
  expect(onStart).toHaveBeenCalledOnce();
  expect(start).toHaveBeenCalledOnce();
  expect(cancel).not.toHaveBeenCalled();
});

it.each<[RecordingPhase, string]>([
  ['asking', 'Cancel'],
  ['recording', 'Cancel recording'],
])('while %s can be cancelled with the same button', async (phase, name) => {
  const { start, cancel } = renderIn(phase);
  await userEvent.click(screen.getByRole('button', { name }));
  expect(cancel).toHaveBeenCalledOnce();
  expect(start).not.toHaveBeenCalled();
});
