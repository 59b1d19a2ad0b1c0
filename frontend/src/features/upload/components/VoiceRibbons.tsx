import { EmotionRibbon } from '@/components/EmotionRibbon';
import { t } from '@/lib/i18n';
import type { Voice } from '@/lib/timelineSchemas';
import { ROOMY_REM, useIsPageAtLeast } from '@/lib/usePageWidth';
import { spansOf } from '../lib/spans';
import { outcomeText } from '../lib/timelineText';
import { voiceMark, voiceName } from '../lib/voices';
import styles from './VoiceRibbons.module.css';

/** What a voice's ribbon says in words. */
function voiceText(voice: Voice): string {
  const { emotion, confidence } = voice;
  if (emotion === null || confidence === null) return t('upload.noSpeech');
  return outcomeText({ ...voice, emotion, confidence });
}

interface VoiceNamesProps {
  voices: Voice[];
  /** Whose probabilities are shown; `null` for all. */
  chosenId: number | null;
  onChoose: (id: number | null) => void;
}

/** Names of the voices: pressing one shows the probabilities of that voice alone. */
export function VoiceNames({ voices, chosenId, onChoose }: VoiceNamesProps) {
  const isNarrow = !useIsPageAtLeast(ROOMY_REM);
  return (
    <div className={styles.voices} role="group" aria-label={t('upload.voices')}>
      {voices.map((voice) => (
        <button
          key={voice.id}
          type="button"
          className={styles.name}
          aria-label={voiceName(voice)}
          aria-pressed={voice.id === chosenId}
          title={voiceText(voice)}
          data-testid="voice-name"
          onClick={() => {
            onChoose(voice.id === chosenId ? null : voice.id);
          }}
        >
          {isNarrow ? voiceMark(voice) : voiceName(voice)}
        </button>
      ))}
    </div>
  );
}

interface VoiceRibbonsProps {
  voices: Voice[];
  durationS: number;
}

/** A lane for each voice. */
export function VoiceRibbons({ voices, durationS }: VoiceRibbonsProps) {
  return (
    <div className={styles.voices}>
      {voices.map((voice) => (
        <div key={voice.id} className={styles.lane} data-testid="voice-lane">
          <EmotionRibbon
            spans={spansOf(voice.segments)}
            durationS={durationS}
            label={`${voiceName(voice)}: ${voiceText(voice)}`}
            heightRem={1.25}
          />
        </div>
      ))}
    </div>
  );
}
