import { useEffect, useId, useRef, useState } from 'react';
import { download } from '../../../lib/download';
import { toProblem, type Problem } from '../../../lib/problem';
import type { Timeline } from '../../../lib/timelineSchemas';
import { exportKinds, exportName, exportText } from '../lib/exportTimeline';
import styles from './ExportButtons.module.css';

interface ExportButtonsProps {
  fileName: string;
  timeline: Timeline;
}

export function ExportButtons({ fileName, timeline }: ExportButtonsProps) {
  const [problem, setProblem] = useState<Problem | null>(null);
  const running = useRef<AbortController>(null);
  const headingId = useId();

  useEffect(() => () => running.current?.abort(), []);

  const save = async ({ format, extension, mimeType }: (typeof exportKinds)[number]) => {
    running.current?.abort();
    const controller = new AbortController();
    running.current = controller;
    setProblem(null);
    try {
      const text = await exportText(timeline, format, controller.signal);
      download(text, exportName(fileName, extension), `${mimeType};charset=utf-8`);
    } catch (error) {
      if (!controller.signal.aborted) setProblem(toProblem(error));
    }
  };

  return (
    <div className={styles.exports} role="group" aria-labelledby={headingId}>
      <span className={styles.heading} id={headingId}>
        Export
      </span>
      {exportKinds.map((kind) => (
        <button
          key={kind.format}
          type="button"
          className="btn btn-sm ser-button"
          data-testid={`export-timeline-${kind.format}`}
          onClick={() => void save(kind)}
        >
          {kind.label}
        </button>
      ))}
      {problem && (
        <p className={styles.problem} role="status">
          ⚠️ {problem.title}. {problem.remedy}
        </p>
      )}
    </div>
  );
}
