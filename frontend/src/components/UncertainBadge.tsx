import { t } from '@/lib/i18n';
import styles from './UncertainBadge.module.css';

interface UncertainIconProps {
  className?: string | undefined;
}

export function UncertainIcon({ className }: UncertainIconProps) {
  return (
    <svg
      className={className}
      width="1em"
      height="1em"
      viewBox="0 0 16 16"
      fill="none"
      stroke="currentColor"
      strokeWidth="1.5"
      strokeLinecap="round"
      strokeLinejoin="round"
      aria-hidden="true"
    >
      <circle cx="8" cy="8" r="7" strokeDasharray="2.4 2" />
      <path d="M5.9 6.2a2.1 2.1 0 1 1 3.2 1.8C8.4 8.4 8 8.8 8 9.4M8 11.7v.1" />
    </svg>
  );
}

/** Icon and word: nobody has to rely on the colour. */
export function UncertainBadge() {
  return (
    <span className={styles.badge}>
      <UncertainIcon /> {t('common.uncertain')}
    </span>
  );
}
