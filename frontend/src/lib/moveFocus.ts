import type { KeyboardEvent } from 'react';

type Steps = ReadonlyMap<string, number>;

const down: Steps = new Map([
  ['ArrowDown', 1],
  ['ArrowUp', -1],
]);

/** For elements that stand beside each other. */
export const sideways: Steps = new Map([
  ['ArrowRight', 1],
  ['ArrowLeft', -1],
]);

function target(items: HTMLElement[], from: HTMLElement, key: string, steps: Steps): HTMLElement | undefined {
  if (key === 'Home') return items[0];
  if (key === 'End') return items.at(-1);
  const step = steps.get(key);
  return step === undefined ? undefined : items[items.indexOf(from) + step];
}

/** Arrow keys, Home and End move the focus between the elements that a selector finds in a list. */
export function moveFocus(
  event: KeyboardEvent<HTMLElement>,
  selector: string,
  steps = down,
): HTMLElement | undefined {
  const { key, currentTarget } = event;
  const from = event.target;
  if (!(from instanceof HTMLElement) || !from.matches(selector)) return undefined;
  const next = target([...currentTarget.querySelectorAll<HTMLElement>(selector)], from, key, steps);
  if (!next) return undefined;
  event.preventDefault();
  next.focus();
  return next;
}
