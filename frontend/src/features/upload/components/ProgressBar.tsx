import styles from './UploadProgress.module.css';

interface UploadProgressProps {
  /** The part already sent, 0 to 1. */
  progress: number;
}

export function UploadProgress({ progress }: UploadProgressProps) {
  const percent = Math.round(progress * 100);
  return (
    <div
      className={`progress ${styles.track}`}
      role="progressbar"
      aria-label="Upload"
      aria-valuemin={0}
      aria-valuemax={100}
      aria-valuenow={percent}
    >
      <div className={`progress-bar ${styles.fill}`} style={{ width: `${percent}%` }} />
    </div>
  );
}
