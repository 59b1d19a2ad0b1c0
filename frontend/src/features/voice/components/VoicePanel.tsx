import { useState } from 'react';
import { ProgressRing } from '@/components/ProgressRing';
import { SwitchField } from '@/components/SwitchField';
import type { Model } from '@/lib/apiSchemas';
import type { EmotionService } from '@/lib/emotionService';
import { useBaselineState } from '../hooks/useBaselines';
import { baselineOf, type BaselineState, type BaselineStore } from '../lib/baselineStore';
import { baselineLevelOf, baselineProgress, formatSpeech } from '../lib/baselineLevel';
import { SpeakerIcon } from '@/features/live/components/icons';
import { LearnVoiceDialog } from './LearnVoiceDialog';
import styles from './VoicePanel.module.css';

const titles = {
  none: 'Your voice is not known yet',
  little: 'Your voice is partly known',
  well: 'Your voice is well known',
};

function source({ learned, adapted, isAdapting }: BaselineState, kind: string): string {
  const read = learned[kind];
  const results = adapted[kind];
  if (read && results) {
    // From the rounded numbers: the two add up to the total shown above.
    const adaptedS = Math.max(0, Math.round(results.speechS) - Math.round(read.speechS));
    return `${formatSpeech(read.speechS)} recorded, ${formatSpeech(adaptedS)} added in this session.`;
  }
  if (read) return 'Recorded once, kept in this browser.';
  if (results) return 'From this session, lost when the page is closed.';
  return isAdapting
    ? 'Read two sentences aloud, or just start listening.'
    : 'Read two sentences aloud to normalise features with your own speech.';
}

function BaselineStatus({ state, kind }: { state: BaselineState; kind: string }) {
  const voice = baselineOf(state, kind);
  const level = baselineLevelOf(voice);
  return (
    <div className={styles.known} data-level={level} data-testid="known-voice">
      <ProgressRing progress={baselineProgress(voice)} size="small">
        <SpeakerIcon />
      </ProgressRing>
      <div>
        <p className={styles.title}>
          <span role="status">{titles[level]}</span>
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
  voiceProcessing: boolean;
  isListening: boolean;
  /** Called before the dialog opens the microphone. */
  onRead: () => void;
}

export function VoicePanel(props: VoicePanelProps) {
  const { baselines, model, service, voiceProcessing, isListening, onRead } = props;
  const { isOnDevice = false, isPending = false } = props;
  const state = useBaselineState(baselines);
  const [isLearning, setIsLearning] = useState(false);
  const kind = model?.baseline_kind ?? '';
  const takesNone = model?.takes_baseline === false;
  const canLearn = model !== undefined && !takesNone && !isPending;
  const hasLearned = state.learned[kind] !== undefined;
  const isUnknown = Object.keys({ ...state.learned, ...state.adapted }).length === 0;

  return (
    <section className="card ser-card" aria-labelledby="voice-heading" data-testid="voice-panel">
      <div className={`card-body ${styles.body}`}>
        <h2 className="h6" id="voice-heading">
          Your voice
        </h2>
        {takesNone ? (
          <p className={styles.notice} data-testid="takes-no-baseline">
            {model.name} does not use your voice: it takes no baseline.
          </p>
        ) : (
          <BaselineStatus state={state} kind={kind} />
        )}
        {state.dropped.includes(kind) && (
          <p className={styles.notice} role="status" data-testid="voice-dropped">
            The stored voice statistics belong to another version of the model and no longer fit. They
            were removed. You can learn your voice again.
          </p>
        )}
        {state.cannotStore && (
          <p className={styles.notice} role="status">
            The browser cannot store it: its storage is full or blocked. It is lost when the page is
            closed.
          </p>
        )}
        <div className={styles.buttons}>
          <button
            type="button"
            className="btn btn-sm ser-button"
            data-testid="learn-voice"
            aria-disabled={!canLearn}
            onClick={() => {
              setIsLearning(canLearn);
            }}
          >
            {hasLearned ? 'Learn again' : 'Learn my voice'}
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
            Forget
          </button>
        </div>
        {!takesNone && (
          <SwitchField
            label="Keep learning while listening"
            hint={
              state.isAdapting
                ? 'For one speaker only. Clearing the session undoes it.'
                : 'Off: only the recorded sentences are used.'
            }
            isOn={state.isAdapting}
            testId="adapt-switch"
            onChange={(isOn) => {
              baselines.adapt(isOn);
            }}
          />
        )}
        <p className={styles.privacy}>
          Features are normalised with the statistics of your own speech: a few kB of numbers, no
          recording. They stay in this browser
          {isOnDevice ? '.' : ' and are sent to this server only, which stores nothing.'}
        </p>
      </div>
      {isLearning && model && (
        <LearnVoiceDialog
          model={model}
          baselines={baselines}
          service={service}
          isOnDevice={isOnDevice}
          voiceProcessing={voiceProcessing}
          isListening={isListening}
          onRead={onRead}
          onClose={() => {
            setIsLearning(false);
          }}
        />
      )}
    </section>
  );
}
