import { useState } from 'react';
import SpeechIcon from '~icons/lucide/speech';
import { ProgressRing } from '@/components/ProgressRing';
import { SwitchField } from '@/components/SwitchField';
import type { Model } from '@/lib/apiSchemas';
import type { EmotionService } from '@/lib/emotionService';
import { t, type MessageId } from '@/lib/i18n';
import type { MicrophoneOptions } from '@/lib/microphone/microphone';
import { useBaselineState } from '../hooks/useBaselines';
import type { Consent } from '../hooks/useConsent';
import {
  baselineLevelOf,
  baselineProgress,
  formatSpeech,
  type BaselineLevel,
} from '../lib/baselineLevel';
import { baselineOf, type BaselineState, type BaselineStore } from '../lib/baselineStore';
import { LearnVoiceDialog } from './LearnVoiceDialog';
import styles from './VoicePanel.module.css';

const titles: Record<BaselineLevel, MessageId> = {
  none: 'voice.unknown',
  little: 'voice.partlyKnown',
  well: 'voice.wellKnown',
};

function source({ learned, adapted, isAdapting }: BaselineState, kind: string): string {
  const read = learned[kind];
  const results = adapted[kind];
  if (read && results) {
    // From the rounded numbers: the two add up to the total shown above.
    const adaptedS = Math.max(0, Math.round(results.speechS) - Math.round(read.speechS));
    return t('voice.fromBoth', {
      recorded: formatSpeech(read.speechS),
      added: formatSpeech(adaptedS),
    });
  }
  if (read) return t('voice.fromRecording');
  if (results) return t('voice.fromSession');
  return t(isAdapting ? 'voice.howToBoth' : 'voice.howToRead');
}

function BaselineStatus({ state, kind }: { state: BaselineState; kind: string }) {
  const voice = baselineOf(state, kind);
  const level = baselineLevelOf(voice);
  return (
    <div className={styles.known} data-level={level} data-testid="known-voice">
      <ProgressRing progress={baselineProgress(voice)} size="small">
        <SpeechIcon aria-hidden="true" />
      </ProgressRing>
      <div>
        <p className={styles.title}>
          <span role="status">{t(titles[level])}</span>
          {voice && (
            <>
              : <span className={styles.amount}>{formatSpeech(voice.speechS)}</span>
            </>
          )}
        </p>
        <p className={styles.source}>{source(state, kind)}</p>
      </div>
    </div>
  );
}

interface VoicePanelProps {
  baselines: BaselineStore;
  /** Names the kind of baseline; without a model, none can be made. */
  model: Model | undefined;
  /** What makes a baseline of a recording. */
  service: EmotionService;
  /** The service is this browser... */
  isOnDevice?: boolean;
  /** ...which is loading the model still. */
  isPending?: boolean;
  microphone: MicrophoneOptions;
  isListening: boolean;
  consent: Consent;
  /** Called before the dialog opens the microphone. */
  onRead: () => void;
  /** Called when the dialog is closed, and the microphone with it. */
  onClosed: () => void;
}

/** What is known of the speaker's voice, and how to learn or forget it. */
export function VoicePanel(props: VoicePanelProps) {
  const { baselines, model, service, microphone, isListening, consent, onRead, onClosed } = props;
  const { isOnDevice = false, isPending = false } = props;
  const state = useBaselineState(baselines);
  const [isLearning, setIsLearning] = useState(false);
  const kind = model?.baseline_kind ?? '';
  const takesNone = model?.takes_baseline === false;
  const canLearn = model !== undefined && !takesNone && !isPending;
  const hasLearned = state.learned[kind] !== undefined;
  const isUnknown = Object.keys({ ...state.learned, ...state.adapted }).length === 0;

  return (
    <div className={styles.body} data-testid="voice-panel">
      {takesNone ? (
        <p className={styles.notice} data-testid="takes-no-baseline">
          {t('voice.takesNone', { model: model.name })}
        </p>
      ) : (
        <BaselineStatus state={state} kind={kind} />
      )}
      {state.dropped.includes(kind) && (
        <p className={styles.notice} role="status" data-testid="voice-dropped">
          {t('voice.dropped')}
        </p>
      )}
      {state.cannotStore && (
        <p className={styles.notice} role="status">
          {t('voice.cannotStore')}
        </p>
      )}
      <div className={styles.buttons}>
        <button
          type="button"
          className="btn btn-sm ser-button"
          data-testid="learn-voice"
          aria-disabled={!canLearn}
          onClick={() => {
            if (!canLearn) return;
            consent.ask(() => {
              setIsLearning(true);
            });
          }}
        >
          {t(hasLearned ? 'voice.learnAgain' : 'voice.learn')}
        </button>
        <button
          type="button"
          className="btn btn-sm ser-button"
          data-testid="forget-voice"
          // Not `disabled`, which would lose the keyboard focus.
          aria-disabled={isUnknown}
          onClick={() => {
            baselines.forget();
          }}
        >
          {t('voice.forget')}
        </button>
      </div>
      {!takesNone && (
        <SwitchField
          label={t('voice.adapt')}
          hint={t(state.isAdapting ? 'voice.adaptHint' : 'voice.noAdaptHint')}
          isOn={state.isAdapting}
          testId="adapt-switch"
          onChange={(isOn) => {
            baselines.adapt(isOn);
          }}
        />
      )}
      <p className={styles.privacy}>
        {t(isOnDevice ? 'voice.privacyOnDevice' : 'voice.privacy')}
      </p>
      {isLearning && model && (
        <LearnVoiceDialog
          model={model}
          baselines={baselines}
          service={service}
          isOnDevice={isOnDevice}
          microphone={microphone}
          isListening={isListening}
          onRead={onRead}
          onClose={() => {
            setIsLearning(false);
            onClosed();
          }}
        />
      )}
    </div>
  );
}
