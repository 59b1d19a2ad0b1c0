import type { ReactNode } from 'react';
import ChevronIcon from '~icons/lucide/chevron-down';
import { t } from '@/lib/i18n';
import styles from './UploadOptions.module.css';

interface UploadOptionsProps {
  /** What is chosen, so that nobody has to open them to see it. */
  summary: string;
  /** Whether they are open at first. */
  isOpen: boolean;
  children: ReactNode;
}

/** Rarely changed: folded away once there are files. */
export function UploadOptions({ summary, isOpen, children }: UploadOptionsProps) {
  return (
    // The key opens or folds them where the first file comes; else the user does.
    <details key={String(isOpen)} className={styles.options} open={isOpen} data-testid="upload-options">
      <summary className={styles.summary}>
        <ChevronIcon className={styles.chevron} aria-hidden="true" />
        <span>
          {t('upload.options')} <span className={styles.chosen}>{summary}</span>
        </span>
      </summary>
      <div className={styles.content}>{children}</div>
    </details>
  );
}
