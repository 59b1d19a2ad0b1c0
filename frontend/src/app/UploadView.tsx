import { useState, type ReactNode } from 'react';
import { SwitchField } from '../components/SwitchField';
import { FilePicker } from '../features/upload/components/FilePicker';
import { UploadList } from '../features/upload/components/UploadList';
import { useUploads } from '../features/upload/hooks/useUploads';
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
  const [isOwn, setIsOwn] = useState(false);
  const state = useVoiceState(voices);
  const isKnown = model !== undefined && voiceOf(state, model.baseline_kind) !== undefined;
  const isOwnVoice = isOwn && isKnown;
  const uploads = useUploads({ model, voices, isOwnVoice });
  return (
    <div className={styles.view}>
      <div className={styles.picker}>
        <FilePicker onFiles={uploads.add}>
          <SwitchField
            label="This is my voice"
            hint={
              isKnown
                ? 'The files are heard against what is known of your voice.'
                : 'To use it, learn your voice in the Live view first.'
            }
            isOn={isOwnVoice}
            isDisabled={!isKnown}
            testId="own-voice-switch"
            onChange={setIsOwn}
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
