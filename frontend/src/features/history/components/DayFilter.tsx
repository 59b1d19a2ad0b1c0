import EarlierIcon from '~icons/lucide/chevron-left';
import LaterIcon from '~icons/lucide/chevron-right';
import type { Icon } from '@/lib/notice';
import { formatDay } from '@/lib/format';
import { t } from '@/lib/i18n';
import type { SessionEntry } from '../lib/entry';
import { daysAround, isOfDay } from '../lib/trend';
import styles from './DayFilter.module.css';

interface StepProps {
  icon: Icon;
  label: string;
  /** The day to go to; undefined where there is none. */
  toMs: number | undefined;
  testId: string;
  onChoose: (dayMs: number) => void;
}

function Step({ icon: Picture, label, toMs, testId, onChoose }: StepProps) {
  return (
    <button
      type="button"
      className={`btn btn-sm ser-button ${styles.step}`}
      aria-label={label}
      title={label}
      // Not `disabled`, which would lose the keyboard focus.
      aria-disabled={toMs === undefined}
      data-testid={testId}
      onClick={() => {
        if (toMs !== undefined) onChoose(toMs);
      }}
    >
      <Picture aria-hidden="true" />
    </button>
  );
}

interface DayFilterProps {
  /** When the day begins. */
  dayMs: number;
  /** All sessions. */
  entries: SessionEntry[];
  onChoose: (dayMs: number) => void;
  onClear: () => void;
}

/** Of which day sessions are listed; leads to the days around it, and back to all. */
export function DayFilter({ dayMs, entries, onChoose, onClear }: DayFilterProps) {
  const { earlierMs, laterMs } = daysAround(entries, dayMs);
  const hasSessions = entries.some((entry) => isOfDay(entry, dayMs));
  return (
    <div className={styles.filter} data-testid="day-filter">
      <p className={styles.day} role="status">
        {t(hasSessions ? 'history.ofDay' : 'history.noneOfDay', { day: formatDay(dayMs) })}
      </p>
      <Step
        icon={EarlierIcon}
        label={t('history.earlierDay')}
        toMs={earlierMs}
        testId="earlier-day"
        onChoose={onChoose}
      />
      <Step
        icon={LaterIcon}
        label={t('history.laterDay')}
        toMs={laterMs}
        testId="later-day"
        onChoose={onChoose}
      />
      <button type="button" className="btn btn-sm ser-button" data-testid="all-days" onClick={onClear}>
        {t('history.allDays')}
      </button>
    </div>
  );
}
