import { useState, type ReactNode } from 'react';
import { BaselineChoice } from '@/features/upload/components/BaselineChoice';
import { FilePicker } from '@/features/upload/components/FilePicker';
import { UploadList } from '@/features/upload/components/UploadList';
import { useUploads } from '@/features/upload/hooks/useUploads';
import type { BaselineSource } from '@/features/upload/lib/analyseFile';
import type { Model } from '@/lib/apiSchemas';
import { LONGEST_MINUTES } from '@/lib/device/openDevice';
import type { DeviceControl } from '@/lib/device/useDevice';
import { useBaselineState } from '@/features/voice/hooks/useBaselines';
import { baselineOf, type BaselineStore } from '@/features/voice/lib/baselineStore';
import styles from './UploadView.module.css';

interface UploadViewProps {
  model: Model | undefined;
  device: DeviceControl;
  deviceSwitch: ReactNode;
  baselines: BaselineStore;
  modelPicker: ReactNode;
}

export function UploadView({ model, device, deviceSwitch, baselines, modelPicker }: UploadViewProps) {
  const [chosen, setChosen] = useState<BaselineSource>('recording');
  const state = useBaselineState(baselines);
  const hasBaseline = model !== undefined && baselineOf(state, model.baseline_kind) !== undefined;
  const takesBaseline = model?.takes_baseline ?? true;
  const possible = chosen === 'own' && !hasBaseline ? 'recording' : chosen;
  const baselineSource = takesBaseline ? possible : 'everybody';
  const uploads = useUploads({
    service: device.service,
    isPending: device.state.phase === 'loading',
    model,
    baselines,
    baselineSource,
  });
  return (
    <div className={styles.view}>
      <div className={styles.picker}>
        <FilePicker onFiles={uploads.add} limit={device.isOn ? `${LONGEST_MINUTES} minutes` : '4 hours'}>
          {deviceSwitch}
          <BaselineChoice
            chosen={baselineSource}
            hasBaseline={hasBaseline}
            takesBaseline={takesBaseline}
            onChoose={setChosen}
          />
        </FilePicker>
      </div>
      <div className={styles.list}>
        <UploadList {...uploads} />
      </div>
      <div className={styles.model}>{modelPicker}</div>
    </div>
  );
}
