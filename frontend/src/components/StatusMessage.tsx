import styles from './StatusMessage.module.css';

interface StatusMessageProps {
  emoji: string;
  title: string;
  detail: string;
}

export function StatusMessage({ emoji, title, detail }: StatusMessageProps) {
  return (
    <div className={styles.message} data-testid="status-message">
      <span className={styles.emoji} aria-hidden="true">
        {emoji}
      </span>
      <p className={styles.title}>{title}</p>
      <p className={styles.detail}>{detail}</p>
    </div>
  );
}
