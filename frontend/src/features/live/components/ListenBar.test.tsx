import { act, render, screen, within } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { fakeListening } from '@/test/fakeListening';
import { fakeMonitor } from '@/test/fakeMonitor';
import { apiService } from '@/lib/apiService';
import type { MicrophoneOptions } from '@/lib/microphone/microphone';
import type { DeviceControl } from '@/lib/device/useDevice';
import { useSilence } from '@/lib/useSilence';
import type { Listening } from '../hooks/useListening';
import type { LiveMode } from '../lib/transport';
import { useConsent } from '@/features/voice/hooks/useConsent';
import { ListenBar } from './ListenBar';
import { ListeningOptions } from './ListeningOptions';

vi.mock('../lib/scrollingWaveform', () => ({ drawScrollingWaveform: () => vi.fn() }));

interface BarProps {
  listening: Listening;
  device: DeviceControl;
  mode: LiveMode;
  onMode: (mode: LiveMode) => void;
  onMicrophone: (microphone: MicrophoneOptions) => void;
}

function Bar({ listening, device, ...options }: BarProps) {
  const consent = useConsent(device.isOn);
  const isSilent = useSilence(listening.monitor);
  return (
    <>
      <ListenBar
        listening={listening}
        modelsProblem={null}
        isSilent={isSilent}
        consent={consent}
        duration="00:00"
        options={
          <ListeningOptions
            listening={listening}
            device={device}
            microphone={{ voiceProcessing: false, deviceId: '' }}
            isStacked={false}
            {...options}
          />
        }
      />
      {consent.dialog}
    </>
  );
}

function renderBar(part: Partial<Listening> = {}, mode: LiveMode = 'chunks', isOnDevice = false) {
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
  const onMicrophone = vi.fn();
  const onMode = vi.fn();
  render(
    <Bar
      listening={listening}
      device={device}
      mode={mode}
      onMode={onMode}
      onMicrophone={onMicrophone}
    />,
  );
  return { ...listening, onMode, onMicrophone, turn };
}

function startButton() {
  return screen.getByRole('button', { name: 'Start Listening' });
}

afterEach(() => {
  localStorage.clear();
});

describe('consent', () => {
  it('is asked for before the microphone first opens, and remembered', async () => {
    const { start } = renderBar();
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
    const { start } = renderBar();
    await userEvent.click(startButton());
    expect(screen.queryByRole('dialog')).not.toBeInTheDocument();
    expect(start).toHaveBeenCalledOnce();
  });

  it('may be refused', async () => {
    const { start } = renderBar();
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
  const { start, stop } = renderBar({ phase });
  await userEvent.click(screen.getByRole('button', { name }));
  expect(stop).toHaveBeenCalledOnce();
  expect(start).not.toHaveBeenCalled();
});

it('says so when the microphone is silent', () => {
  const { monitor, emit } = fakeMonitor();
  renderBar({ phase: 'listening', monitor });
  act(() => {
    emit(0, 40);
  });
  expect(screen.getByTestId('live-notice')).toHaveTextContent('The microphone is silent');
});

describe('the microphone', () => {
  function list(...labels: string[]) {
    const devices = labels.map((label, i) => ({ kind: 'audioinput', deviceId: `id${i}`, label }));
    const events = new EventTarget();
    const enumerateDevices = () => Promise.resolve(devices);
    Object.defineProperty(navigator, 'mediaDevices', {
      configurable: true,
      value: Object.assign(events, { enumerateDevices }),
    });
    return { devices, events };
  }
  const names = () => screen.getAllByRole('option').map(({ textContent }) => textContent);

  it('is the browser’s choice until the user chooses one', async () => {
    list('Headset', 'Built-in');
    const { onMicrophone } = renderBar();
    const select = screen.getByRole('combobox', { name: 'Microphone' });
    await screen.findByRole('option', { name: 'Headset' });
    expect(names()).toEqual(['Any microphone', 'Headset', 'Built-in']);
    expect(select).toHaveValue('');
    await userEvent.selectOptions(select, 'Built-in');
    expect(onMicrophone).toHaveBeenCalledWith({ voiceProcessing: false, deviceId: 'id1' });
  });

  it('may be plugged in later', async () => {
    const { devices, events } = list('Built-in');
    renderBar();
    await screen.findByRole('option', { name: 'Built-in' });
    devices.push({ kind: 'audioinput', deviceId: 'new', label: 'USB' });
    act(() => {
      events.dispatchEvent(new Event('devicechange'));
    });
    expect(await screen.findByRole('option', { name: 'USB' })).toBeInTheDocument();
  });

  it('has no name before one was allowed', async () => {
    list('');
    renderBar();
    await act(() => Promise.resolve());
    expect(names()).toEqual(['Any microphone']);
  });
});

describe('the mode', () => {
  const option = (name: string) => screen.getByRole('radio', { name });
  const modes = () => screen.getByRole('group', { name: 'How often results come' });

  it('is one result every 3 s until it is changed', async () => {
    const { onMode } = renderBar();
    expect(option('3 s')).toBeChecked();
    expect(modes()).toHaveAccessibleDescription('A result every 3 seconds.');
    await userEvent.click(option('Stream'));
    expect(onMode).toHaveBeenCalledExactlyOnceWith('stream');
  });

  it('can be changed back', async () => {
    const { onMode } = renderBar({}, 'stream');
    expect(modes()).toHaveAccessibleDescription('Two results per second while you speak.');
    await userEvent.click(option('3 s'));
    expect(onMode).toHaveBeenCalledExactlyOnceWith('chunks');
  });

  it('says what is on where that differs from what is chosen', () => {
    renderBar({ phase: 'listening', mode: 'chunks' }, 'stream');
    expect(modes()).toHaveAccessibleDescription(/Applies from the next start/);
    expect(screen.getByTestId('live-notice')).toHaveTextContent('every 3 seconds');
  });

  it('says so where streaming is not possible', () => {
    renderBar({ phase: 'listening', mode: 'chunks', cannotStream: true }, 'stream');
    expect(modes()).toHaveAccessibleDescription(/Not possible here/);
  });
});

describe('on this device', () => {
  it('asks for another consent, as nothing is sent', async () => {
    renderBar({}, 'chunks', true);
    await userEvent.click(startButton());
    const dialog = screen.getByRole('dialog', { name: 'Before the microphone opens' });
    expect(dialog).toHaveTextContent('does not leave this page');
    expect(dialog).not.toHaveTextContent('sent to this server');
  });

  it('needs that of the server as well before anything is sent', async () => {
    localStorage.setItem('ser.consentOnDevice', 'true');
    renderBar();
    await userEvent.click(startButton());
    expect(screen.getByRole('dialog')).toHaveTextContent('sent to this server');
  });

  it('streams as well', async () => {
    const { onMode } = renderBar({}, 'chunks', true);
    await userEvent.click(screen.getByRole('radio', { name: 'Stream' }));
    expect(onMode).toHaveBeenCalledWith('stream');
  });

  it.each(['stream', 'chunks'] as const)('goes on listening when it is turned on: %s', async (mode) => {
    const { stop, turn } = renderBar({ phase: 'listening', mode }, mode);
    await userEvent.click(screen.getByRole('switch', { name: 'On this device' }));
    expect(stop).not.toHaveBeenCalled();
    expect(turn).toHaveBeenCalledWith(true);
  });
});
