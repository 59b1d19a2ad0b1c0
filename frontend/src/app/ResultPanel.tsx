import type { ReactNode } from 'react';
import EarIcon from '~icons/lucide/ear';
import HeadphonesIcon from '~icons/lucide/headphones';
import MicOffIcon from '~icons/lucide/mic-off';
import VolumeXIcon from '~icons/lucide/volume-x';
import { EmotionCard } from '@/components/EmotionCard';
import { ExpressionSummary } from '@/components/ExpressionSummary';
import { ProbabilityBars } from '@/components/ProbabilityBars';
import { StatusMessage } from '@/components/StatusMessage';
import type { StreamStatus } from '@/features/live/lib/streamTransport';
import type { Prediction } from '@/lib/apiSchemas';
import { formatTimestamp } from '@/lib/format';
import { t, type MessageId } from '@/lib/i18n';
import styles from './ResultPanel.module.css';

interface ResultPanelProps {
  /** The newest result; `prediction` is `null` where there was no speech. */
  latest: { prediction: Prediction | null; endedAtMs: number } | undefined;
  /** It is one that the user chose, and not the newest. */
  isSelected: boolean;
  isListening: boolean;
  /** The microphone delivers no sound at all: then nothing else is worth saying. */
  isSilent: boolean;
  /** Then the newest result is not what is said now. */
  isServerDown: boolean;
  /** `null` unless the page streams. */
  streamStatus: StreamStatus | null;
  /** Whether the chosen model answers with an intensity. */
  tellsIntensity: boolean;
  /** What is to be known about the results. */
  note: ReactNode;
}

type ContentProps = Pick<ResultPanelProps, 'latest' | 'isListening' | 'isSilent' | 'streamStatus'>;

/** Whether somebody speaks now. Not a live region: screen readers announce the emotion only. */
function SpeechIndicator({ isSpeaking }: StreamStatus) {
  return (
    <span className={styles.presence} data-speaking={isSpeaking} data-testid="presence">
      {t(isSpeaking ? 'live.speech' : 'live.noSpeech')}
    </span>
  );
}

function Content({ latest, isListening, isSilent, streamStatus }: ContentProps) {
  if (isSilent && !latest?.prediction) {
    return (
      <StatusMessage icon={MicOffIcon} title={t('voice.silent')} detail={t('voice.silentHint')} />
    );
  }
  if (!latest) {
    return isListening ? (
      <StatusMessage
        icon={EarIcon}
        title={t('live.listening')}
        detail={t(streamStatus ? 'live.firstStreamed' : 'live.firstChunk')}
      />
    ) : (
      <StatusMessage icon={HeadphonesIcon} title={t('live.noResult')} detail={t('live.howTo')} />
    );
  }
  if (!latest.prediction) {
    return (
      <StatusMessage
        icon={VolumeXIcon}
        title={t('live.noSpeech')}
        detail={t('live.noSpeechDetail')}
      />
    );
  }
  const { emotion, confidence, probabilities, low_information } = latest.prediction;
  const isUncertain = low_information ?? false;
  return (
    <div className={styles.result}>
      <div className={styles.emotion}>
        <EmotionCard emotion={emotion} confidence={confidence} isUncertain={isUncertain} />
      </div>
      <div className={styles.probabilities}>
        <ProbabilityBars probabilities={probabilities} />
      </div>
      <div className={styles.expression}>
        <ExpressionSummary
          answer={latest.prediction}
          isUncertain={isUncertain}
          source="probabilities"
        />
      </div>
    </div>
  );
}

type HeadingProps = Pick<
  ResultPanelProps,
  'isSelected' | 'isServerDown' | 'isListening' | 'latest'
>;

function heading({ isSelected, isServerDown, isListening, latest }: HeadingProps): MessageId {
  if (isSelected) return 'live.selected';
  if (isServerDown) return 'live.lastResult';
  return isListening || !latest ? 'live.now' : 'live.last';
}

export function ResultPanel({ note, tellsIntensity, isServerDown, isSelected, ...props }: ResultPanelProps) {
  const { latest, streamStatus } = props;
  return (
    <section
      className={`ser-panel ${styles.panel}`}
      aria-labelledby="result-heading"
      data-testid="result-panel"
    >
      <div className={styles.heading}>
        <h2 className="h6" id="result-heading">
          {t(heading({ isSelected, isServerDown, ...props }))}
        </h2>
        <span className={styles.notes}>{note}</span>
        <span className={styles.now}>
          {streamStatus && !isSelected && <SpeechIndicator {...streamStatus} />}
          {latest && <span className={styles.time}>{formatTimestamp(latest.endedAtMs)}</span>}
        </span>
      </div>
      <div
        className={styles.content}
        data-old={isServerDown && !isSelected}
        data-tells-intensity={tellsIntensity}
        data-testid="result-content"
      >
        <Content {...props} />
      </div>
    </section>
  );
}
