import { memo, useEffect, useRef, type CSSProperties, type KeyboardEvent } from 'react';
import { EmotionLabel } from '@/components/EmotionLabel';
import { emotionStyle } from '@/lib/emotionAppearance';
import { formatClock, formatPercent } from '@/lib/format';
import { t, useLocale } from '@/lib/i18n';
import { moveFocus } from '@/lib/moveFocus';
import type { EmotionResult } from '../lib/session';
import styles from './Timeline.module.css';

interface EntryProps {
  result: EmotionResult;
  isSelected: boolean;
  /** Of all rows, the Tab key leads to one; arrows lead to the others. */
  isTabStop: boolean;
  /** From the top. */
  index: number;
  onSelect: (id: number | undefined) => void;
}

const Entry = memo(function Entry({ result, isSelected, isTabStop, index, onSelect }: EntryProps) {
  const { id, endedAtMs, prediction } = result;
  const { emotion, confidence, low_information } = prediction;
  // Its words change with the language, and nothing else of it does.
  useLocale();
  const button = useRef<HTMLButtonElement>(null);
  useEffect(() => {
    if (isSelected) button.current?.scrollIntoView({ block: 'nearest' });
  }, [isSelected]);
  return (
    <li className={styles.item} style={{ '--index': index } as CSSProperties}>
      <button
        ref={button}
        type="button"
        className={styles.entry}
        style={emotionStyle(emotion)}
        aria-pressed={isSelected}
        tabIndex={isTabStop ? 0 : -1}
        id={`result-${id}`}
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

/** More would slow the page down; the exports have all. */
const MOST_ROWS = 200;

interface TimelineProps {
  /** Oldest first; shown newest first. */
  results: EmotionResult[];
  /** The result that is shown instead of the newest. */
  selectedId: number | undefined;
  onSelect: (id: number | undefined) => void;
}

export function Timeline({ results, selectedId, onSelect }: TimelineProps) {
  const shown = results.slice(-MOST_ROWS).reverse();
  const isSelectedShown = shown.some(({ id }) => id === selectedId);
  const tabStopId = isSelectedShown ? selectedId : shown[0]?.id;

  const step = (event: KeyboardEvent<HTMLElement>) => {
    const row = moveFocus(event, 'button');
    const rows = [...event.currentTarget.querySelectorAll('button')];
    const index = rows.findIndex((each) => each === row);
    if (row) onSelect(shown[index]?.id);
  };

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
        tabIndex={results.length === 0 ? 0 : -1}
      >
        {results.length === 0 ? (
          <p className={styles.empty}>{t('session.recentEmpty')}</p>
        ) : (
          // The keys are those of its buttons.
          // eslint-disable-next-line jsx-a11y/no-noninteractive-element-interactions
          <ol
            className={styles.entries}
            style={{ '--count': shown.length } as CSSProperties}
            reversed
            onKeyDown={step}
          >
            {shown.map((entry, index) => (
              <Entry
                key={entry.id}
                result={entry}
                isSelected={entry.id === selectedId}
                isTabStop={entry.id === tabStopId}
                index={index}
                onSelect={onSelect}
              />
            ))}
          </ol>
        )}
        {results.length > shown.length && (
          <p className={styles.more}>
            {t('session.earlier', { count: results.length - shown.length })}
          </p>
        )}
      </div>
    </section>
  );
}
