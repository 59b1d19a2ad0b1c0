import DownloadIcon from '~icons/lucide/download';
import { Menu } from '@/components/Menu';
import { download } from '@/lib/download';
import { t } from '@/lib/i18n';
import type { Timeline } from '@/lib/timelineSchemas';
import { exportKinds, exportName, exportText } from '../lib/exportTimeline';

interface ExportMenuProps {
  fileName: string;
  timeline: Timeline;
}

/** Saves the analysis of one file. */
export function ExportMenu({ fileName, timeline }: ExportMenuProps) {
  return (
    <Menu icon={DownloadIcon} label={t('upload.export')} testId="export-menu">
      {exportKinds.map(({ format, label, extension, mimeType }) => (
        <button
          key={format}
          type="button"
          data-testid={`export-timeline-${format}`}
          onClick={() => {
            const text = exportText(timeline, format);
            download(text, exportName(fileName, extension), `${mimeType};charset=utf-8`);
          }}
        >
          {label}
        </button>
      ))}
    </Menu>
  );
}
