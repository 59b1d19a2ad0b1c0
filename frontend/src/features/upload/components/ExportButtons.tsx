import { useId } from 'react';
import { download } from '@/lib/download';
import type { Timeline } from '@/lib/timelineSchemas';
import { exportKinds, exportName, exportText } from '../lib/exportTimeline';
import styles from './ExportButtons.module.css';

interface ExportButtonsProps {
  fileName: string;
  timeline: Timeline;
}

export function ExportButtons({ fileName, timeline }: ExportButtonsProps) {
  const headingId = useId();
  return (
    <div className={styles.exports} role="group" aria-labelledby={headingId}>
      <span className={styles.heading} id={headingId}>
        Export
      </span>
      {exportKinds.map(({ format, label, extension, mimeType }) => (
        <button
          key={format}
          type="button"
          className="btn btn-sm ser-button"
          data-testid={`export-timeline-${format}`}
          onClick={() => {
            const text = exportText(timeline, format);
            download(text, exportName(fileName, extension), `${mimeType};charset=utf-8`);
          }}
        >
          {label}
        </button>
      ))}
    </div>
  );
}
