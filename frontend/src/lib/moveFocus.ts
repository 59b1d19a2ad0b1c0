import type { KeyboardEvent } from 'react';

const steps = new Map([
  ['ArrowDown', 1],
  ['ArrowUp', -1],
]);

function target(items: HTMLElement[], from: HTMLElement, key: string): HTMLElement | undefined {
  if (key === 'Home') return items[0];
  if (key === 'End') return items.at(-1);
  const step = steps.get(key);
  return step === undefined ? undefined : items[items.indexOf(from) + step];
}

/** Arrow keys, Home and End move the focus between the elements that a selector finds in a list. */
export function moveFocus(event: KeyboardEvent<HTMLElement>, selector: string): HTMLElement | undefined {
  const { key, currentTarget } = event;
  const from = event.target;
  if (!(from instanceof HTMLElement) || !from.matches(selector)) return undefined;
  const next = target([...currentTarget.querySelectorAll<HTMLElement>(selector)], from, key);
  if (!next) return undefined;
  event.preventDefault();
  next.focus();
  return next;
}
