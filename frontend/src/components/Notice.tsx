import type { NoticeContent } from '@/lib/notice';
import styles from './Notice.module.css';

/** Only the title is a live region: the detail may change every second. */
export function Notice({ tone, icon: Icon, title, detail }: NoticeContent) {
  return (
    <div className={styles.notice} data-tone={tone} data-testid="live-notice">
      <span className={styles.icon} aria-hidden="true">
        <Icon />
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
