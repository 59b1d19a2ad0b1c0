import type { Icon } from '@/lib/notice';
import styles from './StatusMessage.module.css';

interface StatusMessageProps {
  icon: Icon;
  title: string;
  detail: string;
}

export function StatusMessage({ icon: Picture, title, detail }: StatusMessageProps) {
  return (
    <div className={styles.message} data-testid="status-message">
      <span className={styles.icon} aria-hidden="true">
        <Picture />
      </span>
      <p className={styles.title}>{title}</p>
      <p className={styles.detail}>{detail}</p>
    </div>
  );
}
