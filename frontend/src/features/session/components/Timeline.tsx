import { memo, useEffect, useRef } from 'react';
import { EmotionLabel } from '@/components/EmotionLabel';
import { emotionStyle } from '@/lib/emotionAppearance';
import { formatClock, formatPercent } from '@/lib/format';
import { t, useLocale } from '@/lib/i18n';
import type { EmotionResult } from '../lib/session';
import styles from './Timeline.module.css';

interface EntryProps {
  result: EmotionResult;
  isSelected: boolean;
  onSelect: (id: number | undefined) => void;
}

const Entry = memo(function Entry({ result, isSelected, onSelect }: EntryProps) {
  const { id, endedAtMs, prediction } = result;
  const { emotion, confidence, low_information } = prediction;
  // Its words change with the language, and nothing else of it does.
  useLocale();
  const button = useRef<HTMLButtonElement>(null);
  useEffect(() => {
    if (isSelected) button.current?.scrollIntoView({ block: 'nearest' });
  }, [isSelected]);
  return (
    <li className={styles.item}>
      <button
        ref={button}
        type="button"
        className={styles.entry}
        style={emotionStyle(emotion)}
        aria-pressed={isSelected}
        data-testid="timeline-entry"
        onClick={() => {
          onSelect(isSelected ? undefined : id);
        }}
      >
        <time className={styles.time} dateTime={new Date(endedAtMs).toISOString()}>
        {formatClock(endedAtMs)}
      </time>
      <EmotionLabel emotion={emotion} isUncertain={low_information ?? false} />
        <span className={styles.confidence}>{formatPercent(confidence)}</span>
      </button>
    </li>
  );
});

interface TimelineProps {
  /** Oldest first; shown newest first. */
  results: EmotionResult[];
  /** The result that is shown instead of the newest. */
  selectedId: number | undefined;
  onSelect: (id: number | undefined) => void;
}

export function Timeline({ results, selectedId, onSelect }: TimelineProps) {
  return (
    <section
      className={`ser-panel ${styles.panel}`}
      aria-labelledby="timeline-heading"
      data-testid="timeline"
    >
      <h2 className="h6" id="timeline-heading">
        {t('session.recent')}
      </h2>
      <div
        className={styles.scroller}
        role="group"
        aria-label={t('session.newestFirst')}
        // A scroller must be focusable to be scrolled by keyboard.
        // eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex
        tabIndex={0}
      >
        {results.length === 0 ? (
          <p className={styles.empty}>{t('session.recentEmpty')}</p>
        ) : (
          <ol className={styles.entries} reversed>
            {results.toReversed().map((entry) => (
              <Entry
                key={entry.id}
                result={entry}
                isSelected={entry.id === selectedId}
                onSelect={onSelect}
              />
            ))}
          </ol>
        )}
      </div>
    </section>
  );
}
