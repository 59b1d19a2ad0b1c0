import styles from './StatusMessage.module.css';

export interface StatusMessageProps {
  emoji: string;
  title: string;
  detail: string;
  tone: 'calm' | 'problem';
}

export function StatusMessage({ emoji, title, detail, tone }: StatusMessageProps) {
  return (
    <div className={styles.message}>
      <span className={styles.emoji} data-tone={tone} aria-hidden="true">
        {emoji}
      </span>
      <p className={styles.title}>{title}</p>
      <p className={styles.detail}>{detail}</p>
    </div>
  );
}
