import { render, screen } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { expect, it, vi } from 'vitest';
import { apiService } from '../../../lib/apiService';
import type { DeviceState } from '../hooks/useDevice';
import { DeviceSwitch } from './DeviceSwitch';

function renderSwitch(state: DeviceState) {
  const onTurn = vi.fn();
  const isOn = state.phase !== 'off';
  render(<DeviceSwitch device={{ state, isOn, turn: vi.fn(), service: apiService }} onTurn={onTurn} />);
  return onTurn;
}

const problem = { code: 'device_failed', title: 'It cannot', remedy: 'Switch to the server.' };

it.each<[DeviceState, RegExp]>([
  [{ phase: 'off' }, /sent to the server/],
  [{ phase: 'loading', loaded: 0, total: undefined }, /the model is loading/],
  [{ phase: 'loading', loaded: 2_000_000, total: 8_000_000 }, /1\.9 MB of 7\.6 MB are loaded/],
  [{ phase: 'loading', loaded: 2_000_000, total: undefined }, /1\.9 MB are loaded/],
  [{ phase: 'ready' }, /does not leave this page/],
  [{ phase: 'failed', problem }, /It cannot: Switch to the server\. Until then, nothing is sent\./],
])('says what happens: %j', (state, words) => {
  renderSwitch(state);
  const device = screen.getByRole('switch', { name: 'On this device' });
  expect(device).toHaveAccessibleDescription(words);
  expect(screen.queryAllByRole('progressbar', { name: 'Loading the model' })).toHaveLength(
    state.phase === 'loading' ? 1 : 0,
  );
});

it('is turned on and off', async () => {
  const onTurn = renderSwitch({ phase: 'off' });
  await userEvent.click(screen.getByRole('switch', { name: 'On this device' }));
  expect(onTurn).toHaveBeenCalledWith(true);
});
