import type { ReactNode } from 'react';
import { FilePicker } from '../features/upload/components/FilePicker';
import { UploadList } from '../features/upload/components/UploadList';
import { useUploads } from '../features/upload/hooks/useUploads';
import type { Model } from '../lib/apiSchemas';
import styles from './UploadView.module.css';

interface UploadViewProps {
  model: Model | undefined;
  modelPicker: ReactNode;
}

export function UploadView({ model, modelPicker }: UploadViewProps) {
  const uploads = useUploads(model?.name);
  return (
    <div className={styles.view}>
      <div className={styles.picker}>
        <FilePicker onFiles={uploads.add} />
      </div>
      <div className={styles.list}>
        <UploadList {...uploads} />
      </div>
      <div className={styles.model}>{modelPicker}</div>
    </div>
  );
}
