import { useState } from 'react';
import { ProgressRing } from '../../../components/ProgressRing';
import { SwitchField } from '../../../components/SwitchField';
import type { Model } from '../../../lib/apiSchemas';
import { useVoiceState } from '../../../lib/useVoices';
import { voiceOf, type VoiceState, type VoiceStore } from '../../../lib/voiceStore';
import { acquaintanceOf, familiarity, formatSpeech } from '../lib/acquaintance';
import { SpeakerIcon } from './icons';
import { LearnVoiceDialog } from './LearnVoiceDialog';
import styles from './VoicePanel.module.css';

const titles = {
  none: 'Does not know your voice yet',
  little: 'Knows your voice a little',
  well: 'Knows your voice well',
};

function source({ learned, adapted, isAdapting }: VoiceState, kind: string): string {
  const read = learned[kind];
  const heard = adapted[kind];
  if (read && heard) {
    // Of the whole numbers, so that the two add up to what stands above them.
    const heardS = Math.max(0, Math.round(heard.speechS) - Math.round(read.speechS));
    return `${formatSpeech(read.speechS)} learned, ${formatSpeech(heardS)} heard in this session.`;
  }
  if (read) return 'Learned once, kept in this browser.';
  if (heard) return 'Heard in this session, kept by this page only.';
  return isAdapting
    ? 'Read two sentences aloud, or just start: it gets to know you.'
    : 'Read two sentences aloud, and emotions are heard against your ordinary voice.';
}

function Known({ state, kind }: { state: VoiceState; kind: string }) {
  const voice = voiceOf(state, kind);
  const level = acquaintanceOf(voice);
  return (
    <div className={styles.known} data-level={level} data-testid="known-voice">
      <ProgressRing progress={familiarity(voice)} size="small">
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
  voices: VoiceStore;
  /** Without one, nobody knows which kind of baseline to learn. */
  model: Model | undefined;
  voiceProcessing: boolean;
  isListening: boolean;
  /** Frees the microphone for the reading. */
  onRead: () => void;
}

export function VoicePanel(props: VoicePanelProps) {
  const { voices, model, voiceProcessing, isListening, onRead } = props;
  const state = useVoiceState(voices);
  const [isLearning, setIsLearning] = useState(false);
  const kind = model?.baseline_kind ?? '';
  const hasLearned = state.learned[kind] !== undefined;
  const isUnknown = Object.keys({ ...state.learned, ...state.adapted }).length === 0;

  return (
    <section className="card ser-card" aria-labelledby="voice-heading" data-testid="voice-panel">
      <div className={`card-body ${styles.body}`}>
        <h2 className="h6" id="voice-heading">
          Your voice
        </h2>
        <Known state={state} kind={kind} />
        {state.dropped.includes(kind) && (
          <p className={styles.notice} role="status" data-testid="voice-dropped">
            What was learned came from another version of this model and no longer fits, so it was
            removed. All else goes on; learn your voice again when you like.
          </p>
        )}
        {state.cannotStore && (
          <p className={styles.notice} role="status">
            The browser does not store it: its storage is full or blocked. It is known until the
            page is closed.
          </p>
        )}
        <div className={styles.buttons}>
          <button
            type="button"
            className="btn btn-sm ser-button"
            data-testid="learn-voice"
            aria-disabled={!model}
            onClick={() => {
              setIsLearning(model !== undefined);
            }}
          >
            {hasLearned ? 'Learn again' : 'Learn my voice'}
          </button>
          <button
            type="button"
            className="btn btn-sm ser-button"
            data-testid="forget-voice"
            // Not `disabled`: the keyboard's place stays here when the voice is forgotten.
            aria-disabled={isUnknown}
            onClick={() => {
              voices.forget();
            }}
          >
            Forget
          </button>
        </div>
        <SwitchField
          label="Get to know me while listening"
          hint={
            state.isAdapting
              ? 'For one voice at the microphone. Clearing the session undoes it.'
              : 'Off: only a voice that was learned is used.'
          }
          isOn={state.isAdapting}
          testId="adapt-switch"
          onChange={(isOn) => {
            voices.adapt(isOn);
          }}
        />
        <p className={styles.privacy}>
          A few numbers, not a recording. They stay in this browser and go to no one but this
          server, which stores nothing.
        </p>
      </div>
      {isLearning && model && (
        <LearnVoiceDialog
          model={model}
          voices={voices}
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
