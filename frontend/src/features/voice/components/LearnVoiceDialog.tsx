import type { ReactNode } from 'react';
import CheckIcon from '~icons/lucide/check';
import { Dialog } from '@/components/Dialog';
import { ProgressRing } from '@/components/ProgressRing';
import type { Model } from '@/lib/apiSchemas';
import type { BaselineStore } from '../lib/baselineStore';
import type { MicrophoneOptions } from '@/lib/microphone/microphone';
import type { EmotionService } from '@/lib/emotionService';
import { t } from '@/lib/i18n';
import { apiHost } from '@/lib/site';
import { useElapsedMs } from '@/lib/useElapsedMs';
import { useSilence } from '@/lib/useSilence';
import {
  LEARNING_MS,
  useBaselineLearning,
  type LearningState,
  type BaselineLearning,
} from '../hooks/useBaselineLearning';
import { learningNotice } from '../lib/learningNotice';
import { LevelMeter } from '@/components/LevelMeter';
import { Notice } from '@/components/Notice';
import styles from './LearnVoiceDialog.module.css';

const SENTENCES = ['voice.sentence1', 'voice.sentence2'] as const;

const phasesUnderWay = new Set<LearningState['phase']>(['asking', 'recording', 'sending']);

function mark(state: LearningState, elapsedMs: number): ReactNode {
  if (state.phase === 'sending') return '…';
  if (state.phase === 'done') return <CheckIcon aria-hidden="true" />;
  return Math.ceil(Math.max(0, LEARNING_MS - elapsedMs) / 1000);
}

function RecordingRing({ state }: { state: LearningState }) {
  const elapsedMs = useElapsedMs(state.phase === 'recording');
  const hasAll = state.phase === 'sending' || state.phase === 'done';
  const progress = hasAll ? 1 : Math.min(1, elapsedMs / LEARNING_MS);
  return (
    <div
      role="progressbar"
      aria-label={t('voice.recorded')}
      aria-valuemin={0}
      aria-valuemax={100}
      // In few steps, as a screen reader may announce each.
      aria-valuenow={Math.floor(progress * 10) * 10}
      data-testid="learning-progress"
    >
      <ProgressRing progress={progress} size="large">
        {mark(state, elapsedMs)}
      </ProgressRing>
    </div>
  );
}

interface Action {
  label: string;
  act: () => void;
}

interface Actions {
  aside: Action;
  main: Action;
}

function actionsOf({ state, read, resend }: BaselineLearning, close: () => void): Actions {
  switch (state.phase) {
    case 'ready':
      return {
        aside: { label: t('voice.notNow'), act: close },
        main: { label: t('voice.startRecording'), act: read },
      };
    case 'done':
      return {
        aside: { label: t('voice.recordAgain'), act: read },
        main: { label: t('voice.done'), act: close },
      };
    case 'failed': {
      const { recording } = state;
      const main = recording
        ? {
            label: t('voice.sendAgain'),
            act: () => {
              resend(recording);
            },
          }
        : { label: t('voice.recordAgain'), act: read };
      return { aside: { label: t('common.close'), act: close }, main };
    }
    default:
      return {
        aside: { label: t('common.cancel'), act: close },
        main: { label: t(state.phase === 'sending' ? 'voice.learning' : 'voice.recording'), act: () => undefined },
      };
  }
}

interface LearnVoiceDialogProps {
  model: Model;
  baselines: BaselineStore;
  service: EmotionService;
  /** The service is this browser. */
  isOnDevice: boolean;
  microphone: MicrophoneOptions;
  isListening: boolean;
  /** Called before the dialog opens the microphone. */
  onRead: () => void;
  onClose: () => void;
}

export function LearnVoiceDialog(props: LearnVoiceDialogProps) {
  const { model, baselines, service, isOnDevice, microphone, isListening, onRead, onClose } = props;
  const learning = useBaselineLearning({ model, baselines, service, microphone });
  const { state } = learning;
  const monitor = state.phase === 'recording' ? state.monitor : null;
  const isSilent = useSilence(monitor);
  const read = () => {
    onRead();
    learning.read();
  };
  const { aside, main } = actionsOf({ ...learning, read }, onClose);

  return (
    <Dialog
      title={t('voice.learn')}
      testId="learn-dialog"
      onCancel={onClose}
      actions={
        // The same two elements in every phase: the keyboard focus is not lost.
        <>
          <button type="button" className="btn ser-button" onClick={aside.act}>
            {aside.label}
          </button>
          <button
            type="button"
            className="btn ser-button-primary"
            data-testid="learn-action"
            aria-disabled={phasesUnderWay.has(state.phase)}
            onClick={main.act}
          >
            {main.label}
          </button>
        </>
      }
    >
      <Notice {...learningNotice({ state, isListening, isSilent })} />
      <blockquote className={styles.sentences}>
        {SENTENCES.map((sentence) => (
          <p key={sentence}>{t(sentence)}</p>
        ))}
      </blockquote>
      <div className={styles.recording}>
        <RecordingRing state={state} />
        <LevelMeter monitor={monitor} />
      </div>
      <p className="text-body-secondary small mb-0">
        {isOnDevice
          ? t('voice.recordingOnDevice')
          : t('voice.recordingServer', { host: apiHost })}
      </p>
    </Dialog>
  );
}
