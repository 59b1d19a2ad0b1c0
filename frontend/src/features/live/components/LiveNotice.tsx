import type { LiveNoticeContent } from '../lib/liveNotice';
import styles from './LiveNotice.module.css';

/** The title alone is read out: it stays while details such as the next try change. */
export function LiveNotice({ tone, emoji, title, detail }: LiveNoticeContent) {
  return (
    <div className={styles.notice} data-tone={tone} data-testid="live-notice">
      <span className={styles.emoji} aria-hidden="true">
        {emoji}
      </span>
      <div>
        <p className={styles.title} role="status" data-testid="live-notice-title">
          {title}
        </p>
        <p className={styles.detail}>{detail}</p>
      </div>
    </div>
  );
}
