import { useRef, useState } from 'react';
import { DeviceSwitch } from '@/components/DeviceSwitch';
import { Sheet } from '@/components/Sheet';
import { AddFiles, FILE_INPUT_ID } from '@/features/upload/components/AddFiles';
import { BaselineChoice } from '@/features/upload/components/BaselineChoice';
import { FileDetail } from '@/features/upload/components/FileDetail';
import { FileList, FILES_ID } from '@/features/upload/components/FileList';
import { Report } from '@/features/upload/components/Report';
import { UploadOptions } from '@/features/upload/components/UploadOptions';
import { VoicesChoice } from '@/features/upload/components/VoicesChoice';
import { useFileDrop } from '@/features/upload/hooks/useFileDrop';
import { useOpenFile } from '@/features/upload/hooks/useOpenFile';
import { usePrinting } from '@/features/upload/hooks/usePrinting';
import { useUploads } from '@/features/upload/hooks/useUploads';
import type { BaselineSource } from '@/features/upload/lib/baselineSource';
import { timelineOf } from '@/features/upload/lib/uploads';
import type { VoiceChoice } from '@/features/upload/lib/voices';
import { useBaselineState } from '@/features/voice/hooks/useBaselines';
import { baselineOf, type BaselineStore } from '@/features/voice/lib/baselineStore';
import type { Model } from '@/lib/apiSchemas';
import { LONGEST_MINUTES } from '@/lib/device/openDevice';
import type { DeviceControl } from '@/lib/device/useDevice';
import { t } from '@/lib/i18n';
import { useIsPageAtLeast, WIDE_REM } from '@/lib/usePageWidth';
import styles from './UploadView.module.css';

interface UploadViewProps {
  model: Model | undefined;
  /** It is not known which models there are. */
  isModelPending: boolean;
  device: DeviceControl;
  baselines: BaselineStore;
  /** False behind another view. */
  isShown: boolean;
}

/** What a file is compared with: a choice that is not possible now is kept for later. */
function usableSource(chosen: BaselineSource, takesBaseline: boolean, hasOwn: boolean): BaselineSource {
  if (!takesBaseline) return 'everybody';
  return chosen === 'own' && !hasOwn ? 'recording' : chosen;
}

export function UploadView({ model, isModelPending, device, baselines, isShown }: UploadViewProps) {
  const view = useRef<HTMLDivElement>(null);
  const [chosenSource, setChosenSource] = useState<BaselineSource>('recording');
  const [chosenVoices, setChosenVoices] = useState<VoiceChoice>('one');
  const state = useBaselineState(baselines);
  const hasBaseline = model !== undefined && baselineOf(state, model.baseline_kind) !== undefined;
  const takesBaseline = model?.takes_baseline ?? true;
  const voices = device.isOn ? 'one' : chosenVoices;
  const isOneVoice = voices === 'one';
  const baselineSource = usableSource(chosenSource, takesBaseline, hasBaseline && isOneVoice);
  const waitsForDevice = device.state.phase === 'loading' ? 'device' : undefined;
  const waitsFor = isModelPending ? 'models' : waitsForDevice;
  const control = useUploads({
    service: device.service,
    isPending: waitsFor !== undefined,
    model,
    baselines,
    baselineSource,
    voices,
  });
  const { uploads, add, remove } = control;
  const isWide = useIsPageAtLeast(WIDE_REM);
  const open = useOpenFile(uploads, isWide);
  const isOver = useFileDrop(view, add);
  const isPrinting = usePrinting();
  const { upload } = open;
  const isEmpty = uploads.length === 0;
  const timeline = upload && timelineOf(upload);

  const detail = upload && (
    <FileDetail
      key={upload.id}
      upload={upload}
      others={uploads.filter((other) => other !== upload && timelineOf(other))}
      model={model}
      waitsFor={waitsFor}
      isShown={isShown}
      onRemove={() => {
        // The button disappears; the keyboard focus must not.
        document.getElementById(uploads.length > 1 ? FILES_ID : FILE_INPUT_ID)?.focus();
        open.close();
        remove(upload.id);
      }}
    />
  );

  return (
    <div ref={view} className={styles.view} data-empty={isEmpty}>
      <div className={`card ser-card ${styles.master}`}>
        <AddFiles
          onFiles={add}
          limit={device.isOn ? t('upload.minutes', { count: LONGEST_MINUTES }) : t('upload.hours', { count: 4 })}
          isOver={isOver}
          isSlim={!isEmpty}
        />
        <UploadOptions
          summary={[
            t('upload.chosenSource', { source: t(`upload.baseline.${baselineSource}`) }),
            ...(isOneVoice ? [] : [t(`upload.voices.${voices}`)]),
          ].join(' · ')}
          isOpen={isEmpty && isWide}
        >
          <BaselineChoice
            chosen={baselineSource}
            hasBaseline={hasBaseline}
            takesBaseline={takesBaseline}
            isOneVoice={isOneVoice}
            onChoose={setChosenSource}
          />
          <VoicesChoice chosen={voices} isPossible={!device.isOn} onChoose={setChosenVoices} />
          {isShown && <DeviceSwitch device={device} />}
        </UploadOptions>
        {!isEmpty && <FileList control={control} open={open} isBeside={isWide} waitsFor={waitsFor} />}
      </div>
      {isWide && !isEmpty && (
        <div className={`card ser-card ${styles.detail}`}>
          {detail ?? <p className={styles.none}>{t('upload.chooseFile')}</p>}
        </div>
      )}
      {!isWide && isShown && upload && (
        <Sheet
          label={upload.file.name}
          backLabel={t('upload.backToFiles')}
          testId="file-sheet"
          onClose={open.close}
        >
          {detail}
        </Sheet>
      )}
      {isPrinting && isShown && timeline && <Report fileName={upload.file.name} timeline={timeline} />}
    </div>
  );
}
