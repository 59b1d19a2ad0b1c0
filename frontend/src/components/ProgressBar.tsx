import styles from './ProgressBar.module.css';

interface ProgressBarProps {
  label: string;
  /** 0 to 1; undefined where unknown. */
  progress: number | undefined;
}

export function ProgressBar({ label, progress }: ProgressBarProps) {
  const percent = progress === undefined ? undefined : Math.round(progress * 100);
  return (
    <div
      className={`progress ${styles.track}`}
      role="progressbar"
      aria-label={label}
      aria-valuemin={0}
      aria-valuemax={100}
      aria-valuenow={percent}
    >
      <div
        className={`progress-bar ${styles.fill}`}
        data-unknown={percent === undefined}
        style={{ width: `${percent ?? 100}%` }}
      />
    </div>
  );
}
