import { useEffect, useRef, type ReactNode } from 'react';
import { moveFocus } from '@/lib/moveFocus';
import type { Icon } from '@/lib/notice';
import styles from './Menu.module.css';

interface MenuProps {
  icon: Icon;
  label: string;
  testId: string;
  /** Buttons. */
  children: ReactNode;
}

/** A button that shows more buttons below it; Escape, or a choice, hides them. */
export function Menu({ icon: Picture, label, testId, children }: MenuProps) {
  const menu = useRef<HTMLDetailsElement>(null);
  const close = () => {
    if (menu.current) menu.current.open = false;
  };
  useEffect(() => {
    const closeOutside = ({ target }: MouseEvent) => {
      if (target instanceof Node && !menu.current?.contains(target)) close();
    };
    document.addEventListener('click', closeOutside);
    return () => {
      document.removeEventListener('click', closeOutside);
    };
  }, []);
  return (
    // The handlers close it; all that can be chosen in it are buttons.
    // eslint-disable-next-line jsx-a11y/no-noninteractive-element-interactions
    <details
      ref={menu}
      className={styles.menu}
      onKeyDown={(event) => {
        moveFocus(event, 'summary, button');
        if (event.key !== 'Escape' || !event.currentTarget.open) return;
        // A dialog around it stays open.
        event.preventDefault();
        event.stopPropagation();
        close();
        event.currentTarget.querySelector('summary')?.focus();
      }}
      onBlur={({ currentTarget, relatedTarget }) => {
        if (relatedTarget instanceof Node && !currentTarget.contains(relatedTarget)) close();
      }}
      onClick={({ target }) => {
        if (target instanceof Element && target.closest('button')) close();
      }}
    >
      <summary className={`btn btn-sm ser-button ${styles.button}`} data-testid={testId}>
        <Picture aria-hidden="true" /> <span className={styles.label}>{label}</span>
      </summary>
      <div className={styles.choices}>{children}</div>
    </details>
  );
}
