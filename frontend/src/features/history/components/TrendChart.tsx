import { useState } from 'react';
import { EmotionLabel } from '@/components/EmotionLabel';
import { formatDay, formatDayOfMonth, formatDuration, formatLength, formatPercent } from '@/lib/format';
import { emotionName, t } from '@/lib/i18n';
import { moveFocus, sideways } from '@/lib/moveFocus';
import type { SessionEntry } from '../lib/entry';
import { sharesOf, sumOf, topShare, uncertainShare } from '../lib/shares';
import { isOfDay, type TrendDay } from '../lib/trend';
import { EmotionStrip } from './EmotionStrip';
import styles from './TrendChart.module.css';

/** Days from one date below the chart to the next, at most. */
const MOST_DATES = 5;

function dayName(day: TrendDay, sessionCount: number): string {
  const date = formatDay(day.startMs);
  const sessions = t('history.daySessions', { day: date, count: sessionCount });
  if (day.totalS === 0) return sessions;
  const top = topShare(day);
  return t('history.dayResults', {
    sessions,
    speech: formatLength(day.totalS),
    emotion: top ? emotionName(top.emotion) : t('common.uncertain'),
    share: formatPercent(top?.share ?? uncertainShare(day)),
  });
}

function describe(day: TrendDay): string {
  const shares = sharesOf(day)
    .filter(({ share }) => share > 0)
    .sort((one, other) => other.share - one.share)
    .map(({ emotion, share }) => `${emotionName(emotion)} ${formatPercent(share)}`);
  if (day.uncertainS > 0) {
    shares.push(`${t('common.uncertain')} ${formatPercent(uncertainShare(day))}`);
  }
  return `${formatDay(day.startMs)}: ${formatLength(day.totalS)}. ${shares.join(', ')}`;
}

interface TrendChartProps {
  days: TrendDay[];
  /** Sessions, of any model. */
  entries: SessionEntry[];
  /** When the chosen day begins. */
  chosenMs: number | undefined;
  onChoose: (startMs: number | undefined) => void;
}

/** How much of the speech of each day carried which emotion; below, how much speech that was. Each day can be chosen. */
export function TrendChart({ days, entries, chosenMs, onChoose }: TrendChartProps) {
  const heard = days.filter(({ totalS }) => totalS > 0);
  const mostS = Math.max(...days.map(({ totalS }) => totalS));
  const shares = sharesOf(sumOf(heard));
  const emotions = shares.filter(({ share }) => share > 0).map(({ emotion }) => emotion);
  const step = Math.ceil(days.length / MOST_DATES);
  // The Tab key stops at one day; arrow keys reach the others.
  const [focusedMs, setFocusedMs] = useState<number>();
  const find = (ms: number | undefined) => days.find(({ startMs }) => startMs === ms);
  const reachable = find(focusedMs) ?? find(chosenMs) ?? days.at(-1);
  return (
    <figure className={styles.chart} data-testid="trend">
      <ul className={styles.legend} aria-hidden="true">
        {emotions.map((emotion) => (
          <li key={emotion}>
            <EmotionLabel emotion={emotion} />
          </li>
        ))}
        <li className={styles.hatched}>{t('common.uncertain')}</li>
      </ul>
      <div
        className={styles.columns}
        role="toolbar"
        aria-label={t('history.trend')}
        onKeyDown={(event) => moveFocus(event, 'button', sideways)}
      >
        {days.map((day) => (
          <button
            key={day.startMs}
            type="button"
            className={styles.day}
            tabIndex={day === reachable ? 0 : -1}
            aria-pressed={day.startMs === chosenMs}
            aria-label={dayName(day, entries.filter((entry) => isOfDay(entry, day.startMs)).length)}
            title={day.totalS > 0 ? describe(day) : formatDay(day.startMs)}
            data-testid="trend-day"
            onFocus={() => {
              setFocusedMs(day.startMs);
            }}
            onClick={() => {
              onChoose(day.startMs === chosenMs ? undefined : day.startMs);
            }}
          >
            <span className={styles.column}>
              <EmotionStrip sum={day} isUpright />
            </span>
            <span className={styles.amount}>
              <span style={{ height: `${mostS > 0 ? (100 * day.totalS) / mostS : 0}%` }} />
            </span>
          </button>
        ))}
      </div>
      <div className={styles.dates} aria-hidden="true">
        {days.map(({ startMs }, i) => (
          <span key={startMs}>{(days.length - 1 - i) % step === 0 && <time>{formatDayOfMonth(startMs)}</time>}</span>
        ))}
      </div>
      <figcaption className={styles.caption}>{t('history.trendCaption', { most: formatDuration(mostS) })}</figcaption>
    </figure>
  );
}
