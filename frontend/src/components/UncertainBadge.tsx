import styles from './UncertainBadge.module.css';

interface UncertainBadgeProps {
  /** For rows that have no room for the word. */
  isShort?: boolean;
}

export function UncertainBadge({ isShort = false }: UncertainBadgeProps) {
  if (!isShort) return <span className={styles.badge}>uncertain</span>;
  return (
    <span className={styles.badge} title="uncertain">
      <span aria-hidden="true">?</span>
      <span className="visually-hidden">uncertain</span>
    </span>
  );
}
