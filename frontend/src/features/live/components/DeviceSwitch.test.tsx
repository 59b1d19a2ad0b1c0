import { cleanup, render, screen } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { expect, it, vi } from 'vitest';
import { apiService } from '../../../lib/apiService';
import type { DeviceState } from '../hooks/useDevice';
import { DeviceSwitch } from './DeviceSwitch';

function renderSwitch(state: DeviceState) {
  const onTurn = vi.fn();
  const retry = vi.fn();
  const isOn = state.phase !== 'off';
  render(<DeviceSwitch device={{ state, isOn, turn: vi.fn(), retry, service: apiService }} onTurn={onTurn} />);
  return { onTurn, retry };
}

const problem = { code: 'device_failed', title: 'It cannot', remedy: 'Switch to the server.' };

it.each<[DeviceState, RegExp]>([
  [{ phase: 'off' }, /sent to the server/],
  [{ phase: 'loading', loaded: 0, total: undefined }, /the model is loading/],
  [{ phase: 'loading', loaded: 2_000_000, total: 8_000_000 }, /1\.9 MB of 7\.6 MB are loaded/],
  [{ phase: 'loading', loaded: 2_000_000, total: undefined }, /1\.9 MB are loaded/],
  [{ phase: 'ready' }, /does not leave this page/],
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
  const { onTurn } = renderSwitch({ phase: 'off' });
  await userEvent.click(screen.getByRole('switch', { name: 'On this device' }));
  expect(onTurn).toHaveBeenCalledWith(true);
});

it('tells screen readers how loading ended, and no numbers', () => {
  renderSwitch({ phase: 'loading', loaded: 2, total: 4 });
  expect(screen.getByRole('status')).toBeEmptyDOMElement();
  cleanup();
  renderSwitch({ phase: 'ready' });
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
