import type { LiveNoticeContent } from '../lib/liveNotice';
import styles from './LiveNotice.module.css';

/** Only the title is a live region: the detail may change every second. */
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
