import { useRef, type KeyboardEvent } from 'react';
import styles from './Tabs.module.css';

export interface Tab<Name extends string> {
  name: Name;
  label: string;
}

interface TabsProps<Name extends string> {
  label: string;
  tabs: Tab<Name>[];
  selected: Name;
  onSelect: (name: Name) => void;
}

export function tabId(name: string): string {
  return `tab-${name}`;
}

export function panelId(name: string): string {
  return `panel-${name}`;
}

const steps = new Map([
  ['ArrowLeft', -1],
  ['ArrowRight', 1],
]);

/** Arrow keys move between the tabs; the Tab key moves into the panel. */
export function Tabs<Name extends string>({ label, tabs, selected, onSelect }: TabsProps<Name>) {
  const list = useRef<HTMLDivElement>(null);

  const step = ({ key }: KeyboardEvent) => {
    const by = steps.get(key);
    if (by === undefined) return;
    const index = tabs.findIndex(({ name }) => name === selected);
    const next = tabs.at((index + by) % tabs.length);
    if (!next) return;
    onSelect(next.name);
    list.current?.querySelector<HTMLElement>(`#${tabId(next.name)}`)?.focus();
  };

  return (
    <div ref={list} role="tablist" aria-label={label} className={styles.tabs}>
      {tabs.map(({ name, label: text }) => (
        <button
          key={name}
          type="button"
          role="tab"
          id={tabId(name)}
          aria-controls={panelId(name)}
          aria-selected={name === selected}
          tabIndex={name === selected ? 0 : -1}
          className={styles.tab}
          data-testid={tabId(name)}
          onClick={() => {
            onSelect(name);
          }}
          onKeyDown={step}
        >
          {text}
        </button>
      ))}
    </div>
  );
}
