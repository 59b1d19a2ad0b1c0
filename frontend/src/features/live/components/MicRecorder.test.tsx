import { act, cleanup, render, screen, within } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { fakeListening } from '@/test/fakeListening';
import { fakeMonitor } from '@/test/fakeMonitor';
import { apiService } from '@/lib/apiService';
import type { DeviceControl } from '@/lib/device/useDevice';
import type { Listening } from '../hooks/useListening';
import type { LiveMode } from '../lib/liveMode';
import { MicRecorder } from './MicRecorder';

vi.mock('../lib/scrollingWaveform', () => ({ drawScrollingWaveform: () => vi.fn() }));

function renderRecorder(part: Partial<Listening> = {}, mode: LiveMode = 'chunks', isOnDevice = false) {
  const listening = fakeListening(part);
  const turn = vi.fn();
  const device: DeviceControl = {
    state: isOnDevice ? { phase: 'ready', isKept: false } : { phase: 'off' },
    isOn: isOnDevice,
    isFixed: false,
    turn,
    retry: vi.fn(),
    service: apiService,
  };
  const onVoiceProcessing = vi.fn();
  const onMode = vi.fn();
  render(
    <MicRecorder
      listening={listening}
      device={device}
      mode={mode}
      onMode={onMode}
      voiceProcessing={false}
      onVoiceProcessing={onVoiceProcessing}
    />,
  );
  return { ...listening, onMode, onVoiceProcessing, turn };
}

function startButton() {
  return screen.getByRole('button', { name: 'Start Listening' });
}

afterEach(() => {
  localStorage.clear();
});

describe('consent', () => {
  it('is asked for before the microphone first opens, and remembered', async () => {
    const { start } = renderRecorder();
    await userEvent.click(startButton());
    const dialog = screen.getByRole('dialog', { name: 'Before the microphone opens' });
    expect(dialog).toHaveTextContent('sent to this server (localhost');
    expect(dialog).toHaveTextContent('does not store it');
    expect(dialog).toHaveTextContent('estimate');
    expect(start).not.toHaveBeenCalled();

    await userEvent.click(within(dialog).getByRole('button', { name: 'Agree and start' }));
    expect(start).toHaveBeenCalledOnce();
    expect(screen.queryByRole('dialog')).not.toBeInTheDocument();
    expect(localStorage.getItem('ser.consent')).toBe('true');
  });

  it('is not asked for twice', async () => {
    localStorage.setItem('ser.consent', 'true');
    const { start } = renderRecorder();
    await userEvent.click(startButton());
    expect(screen.queryByRole('dialog')).not.toBeInTheDocument();
    expect(start).toHaveBeenCalledOnce();
  });

  it('may be refused', async () => {
    const { start } = renderRecorder();
    await userEvent.click(startButton());
    await userEvent.click(screen.getByRole('button', { name: 'Not now' }));
    expect(start).not.toHaveBeenCalled();
    expect(screen.queryByRole('dialog')).not.toBeInTheDocument();
    expect(localStorage.getItem('ser.consent')).toBeNull();
  });
});

it.each([
  ['asking', 'Cancel'],
  ['listening', 'Stop Listening'],
] as const)('while %s is ended with the same button', async (phase, name) => {
  const { start, stop } = renderRecorder({ phase });
  await userEvent.click(screen.getByRole('button', { name }));
  expect(stop).toHaveBeenCalledOnce();
  expect(start).not.toHaveBeenCalled();
});

it('shows how loud it is', () => {
  const { monitor, emit } = fakeMonitor();
  renderRecorder({ phase: 'listening', monitor });
  const meter = screen.getByRole('meter', { name: 'Microphone level' });
  expect(meter).toHaveAttribute('aria-valuenow', '0');
  emit(0.0316228);
  expect(meter).toHaveAttribute('aria-valuenow', '50');
});

it('says so when the microphone is silent', () => {
  const { monitor, emit } = fakeMonitor();
  renderRecorder({ phase: 'listening', monitor });
  act(() => {
    emit(0, 40);
  });
  expect(screen.getByTestId('live-notice')).toHaveTextContent('The microphone is silent');
});

it('uses no voice processing unless it is switched on', async () => {
  const { onVoiceProcessing } = renderRecorder();
  const toggle = screen.getByRole('switch', { name: 'Browser voice processing' });
  expect(toggle).not.toBeChecked();
  await userEvent.click(toggle);
  expect(onVoiceProcessing).toHaveBeenCalledExactlyOnceWith(true);
});

describe('streaming', () => {
  const toggle = () => screen.getByRole('switch', { name: 'Streaming' });

  it('is off until it is wanted', async () => {
    const { onMode } = renderRecorder();
    expect(toggle()).not.toBeChecked();
    expect(toggle()).toHaveAccessibleDescription(/every 3 seconds/);
    await userEvent.click(toggle());
    expect(onMode).toHaveBeenCalledExactlyOnceWith('stream');
  });

  it('can be turned off again', async () => {
    const { onMode } = renderRecorder({}, 'stream');
    expect(toggle()).toHaveAccessibleDescription('On: two results per second while you speak.');
    await userEvent.click(toggle());
    expect(onMode).toHaveBeenCalledExactlyOnceWith('chunks');
  });

  it('says what is on where that differs from what is chosen', () => {
    renderRecorder({ phase: 'listening', mode: 'chunks' }, 'stream');
    expect(toggle()).toHaveAccessibleDescription(/Applies from the next start/);
    expect(screen.getByTestId('live-notice')).toHaveTextContent('every 3 seconds');
  });

  it('says so where it cannot', () => {
    renderRecorder({ phase: 'listening', mode: 'chunks', cannotStream: true }, 'stream');
    expect(toggle()).toHaveAccessibleDescription(/Not possible here/);
  });
});

describe('on this device', () => {
  it('asks for another consent, as nothing is sent', async () => {
    renderRecorder({}, 'chunks', true);
    await userEvent.click(startButton());
    const dialog = screen.getByRole('dialog', { name: 'Before the microphone opens' });
    expect(dialog).toHaveTextContent('does not leave this page');
    expect(dialog).not.toHaveTextContent('sent to this server');
  });

  it('needs that of the server as well before anything is sent', async () => {
    const { turn, stop } = renderRecorder({ phase: 'listening' }, 'chunks', true);
    await userEvent.click(screen.getByRole('switch', { name: 'On this device' }));
    expect(stop).toHaveBeenCalledOnce();
    expect(turn).toHaveBeenCalledWith(false);
    cleanup();
    localStorage.setItem('ser.consentOnDevice', 'true');
    renderRecorder();
    await userEvent.click(startButton());
    expect(screen.getByRole('dialog')).toHaveTextContent('sent to this server');
  });

  it('streams as well', async () => {
    const { onMode } = renderRecorder({}, 'chunks', true);
    await userEvent.click(screen.getByRole('switch', { name: 'Streaming' }));
    expect(onMode).toHaveBeenCalledWith('stream');
  });

  it.each(['stream', 'chunks'] as const)('goes on listening when it is turned on: %s', async (mode) => {
    const { stop, turn } = renderRecorder({ phase: 'listening', mode }, mode);
    await userEvent.click(screen.getByRole('switch', { name: 'On this device' }));
    expect(stop).not.toHaveBeenCalled();
    expect(turn).toHaveBeenCalledWith(true);
  });
});
