import { fireEvent, render, screen } from '@testing-library/react';
import { expect, it, vi } from 'vitest';
import { useShortcuts } from './useShortcuts';

function Page({ isOn = true, act }: { isOn?: boolean; act: (key: string) => void }) {
  const keys = [' ', 'ArrowDown', 'Escape', '?'];
  useShortcuts(isOn, Object.fromEntries(keys.map((key) => [key, () => { act(key); }])));
  return (
    <>
      <button type="button">Do</button>
      <input aria-label="Name" />
      <p>Words</p>
    </>
  );
}

function press(key: string, target: Element = document.body, more: KeyboardEventInit = {}) {
  return fireEvent.keyDown(target, { key, ...more });
}

it('calls back for the keys that it knows', () => {
  const act = vi.fn();
  render(<Page act={act} />);
  for (const key of [' ', 'ArrowDown', 'Escape', '?', 'x']) press(key, screen.getByText('Words'));
  expect(act.mock.calls.flat()).toEqual([' ', 'ArrowDown', 'Escape', '?']);
});

it('leaves to a control what is its own', () => {
  const act = vi.fn();
  render(<Page act={act} />);
  expect(press(' ', screen.getByRole('button'))).toBe(true);
  press(' ', screen.getByRole('textbox'));
  press('ArrowDown', screen.getByRole('textbox'));
  expect(act).not.toHaveBeenCalled();
  press('ArrowDown', screen.getByRole('button'));
  expect(act).toHaveBeenCalledExactlyOnceWith('ArrowDown');
});

it('does nothing with Ctrl, while a dialog is open, and when it is off', () => {
  const act = vi.fn();
  const { rerender } = render(<Page act={act} />);
  press(' ', document.body, { ctrlKey: true });
  const dialog = document.createElement('dialog');
  dialog.open = true;
  document.body.append(dialog);
  press(' ');
  dialog.remove();
  rerender(<Page act={act} isOn={false} />);
  press(' ');
  expect(act).not.toHaveBeenCalled();
});

it('starts nothing anew while a key is held down', () => {
  const act = vi.fn();
  render(<Page act={act} />);
  press(' ');
  press(' ', document.body, { repeat: true });
  press('ArrowDown', document.body, { repeat: true });
  expect(act.mock.calls.flat()).toEqual([' ', 'ArrowDown']);
});
