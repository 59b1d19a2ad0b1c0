import { cleanup, render, screen } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { expect, it, vi } from 'vitest';
import { apiService } from '@/lib/apiService';
import type { DeviceState } from '@/lib/device/useDevice';
import { DeviceSwitch } from './DeviceSwitch';

function renderSwitch(state: DeviceState, isFixed = false) {
  const turn = vi.fn();
  const retry = vi.fn();
  const isOn = state.phase !== 'off';
  const device = { state, isOn, isFixed, turn, retry, service: apiService };
  render(<DeviceSwitch device={device} />);
  return { turn, retry };
}

const problem = { code: 'device_failed', title: 'It cannot', remedy: 'Switch to the server.' };

it.each<[DeviceState, RegExp]>([
  [{ phase: 'off' }, /sent to the server/],
  [{ phase: 'loading', loaded: 0, total: undefined }, /the model is loading/],
  [{ phase: 'loading', loaded: 2_000_000, total: 8_000_000 }, /1\.9 MB of 7\.6 MB are loaded/],
  [{ phase: 'loading', loaded: 2_000_000, total: undefined }, /1\.9 MB are loaded/],
  [{ phase: 'ready', isKept: false }, /does not leave this page\.$/],
  [{ phase: 'ready', isKept: true }, /does not leave this page\. It works without a network, too/],
  [{ phase: 'failed', problem }, /It cannot: Switch to the server\. While this is on, nothing is sent\./],
])('says what happens: %j', (state, words) => {
  renderSwitch(state);
  const device = screen.getByRole('switch', { name: 'On this device' });
  expect(device).toHaveAccessibleDescription(words);
  expect(screen.queryAllByRole('progressbar', { name: 'Loading the model' })).toHaveLength(
    state.phase === 'loading' ? 1 : 0,
  );
});

it('is turned on and off', async () => {
  const { turn } = renderSwitch({ phase: 'off' });
  await userEvent.click(screen.getByRole('switch', { name: 'On this device' }));
  expect(turn).toHaveBeenCalledWith(true);
});

it('tells screen readers how loading ended, and no numbers', () => {
  renderSwitch({ phase: 'loading', loaded: 2, total: 4 });
  expect(screen.getByRole('status')).toBeEmptyDOMElement();
  cleanup();
  renderSwitch({ phase: 'ready', isKept: true });
  expect(screen.getByRole('status')).toHaveTextContent('does not leave this page');
  cleanup();
  renderSwitch({ phase: 'failed', problem });
  expect(screen.getByRole('status')).toHaveTextContent('It cannot');
});

it('can be tried again after a failure', async () => {
  const { retry } = renderSwitch({ phase: 'failed', problem });
  await userEvent.click(screen.getByRole('button', { name: 'Try again' }));
  expect(retry).toHaveBeenCalledOnce();
});

it('cannot be turned off where there is no server, and says why', () => {
  renderSwitch({ phase: 'ready', isKept: false }, true);
  const device = screen.getByRole('switch', { name: 'On this device' });
  expect(device).toBeDisabled();
  expect(device).toBeChecked();
  expect(device).toHaveAccessibleDescription(/This page has no server/);
});
