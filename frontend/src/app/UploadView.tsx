import { useState, type ReactNode } from 'react';
import { BaselineChoice } from '../features/upload/components/BaselineChoice';
import { FilePicker } from '../features/upload/components/FilePicker';
import { UploadList } from '../features/upload/components/UploadList';
import { useUploads } from '../features/upload/hooks/useUploads';
import type { HeardAgainst } from '../features/upload/lib/analyseFile';
import type { Model } from '../lib/apiSchemas';
import { useVoiceState } from '../lib/useVoices';
import { voiceOf, type VoiceStore } from '../lib/voiceStore';
import styles from './UploadView.module.css';

interface UploadViewProps {
  model: Model | undefined;
  voices: VoiceStore;
  modelPicker: ReactNode;
}

export function UploadView({ model, voices, modelPicker }: UploadViewProps) {
  const [chosen, setChosen] = useState<HeardAgainst>('recording');
  const state = useVoiceState(voices);
  const isKnown = model !== undefined && voiceOf(state, model.baseline_kind) !== undefined;
  const heardAgainst = chosen === 'own' && !isKnown ? 'recording' : chosen;
  const uploads = useUploads({ model, voices, heardAgainst });
  return (
    <div className={styles.view}>
      <div className={styles.picker}>
        <FilePicker onFiles={uploads.add}>
          <BaselineChoice chosen={heardAgainst} isVoiceKnown={isKnown} onChoose={setChosen} />
        </FilePicker>
      </div>
      <div className={styles.list}>
        <UploadList {...uploads} />
      </div>
      <div className={styles.model}>{modelPicker}</div>
    </div>
  );
}
