import { useState } from 'react';
import { t } from '@/lib/i18n';
import type { SessionEntry } from '../lib/entry';
import { modelsOf, trendOf } from '../lib/trend';
import styles from './Trend.module.css';
import { TrendChart } from './TrendChart';

const spansDays = [7, 28, 90] as const;

interface TrendProps {
  entries: SessionEntry[];
  nowMs: number;
  /** When the day begins whose sessions are listed; undefined where all are. */
  chosenMs: number | undefined;
  onChoose: (startMs: number | undefined) => void;
}

/** The days of the kept sessions. Of one model: others may know other emotions. */
export function Trend({ entries, nowMs, chosenMs, onChoose }: TrendProps) {
  const [dayCount, setDayCount] = useState<number>(28);
  const [chosen, setChosen] = useState<string>();
  const tallies = entries.flatMap((entry) => entry.tallies);
  const models = modelsOf(tallies, nowMs, dayCount);
  const [first] = models;
  if (first === undefined) return <p className={styles.none}>{t('history.trendEmpty')}</p>;
  const model = models.find((each) => each === chosen) ?? first;
  return (
    <section className={styles.trend} aria-labelledby="trend-heading">
      <div className={styles.heading}>
        <h2 className="h5 mb-0" id="trend-heading">
          {t('history.trend')}
        </h2>
        {models.length > 1 && (
          <select
            className={`form-select form-select-sm ${styles.choice}`}
            aria-label={t('history.model')}
            value={model}
            data-testid="trend-model"
            onChange={({ currentTarget }) => {
              setChosen(currentTarget.value);
            }}
          >
            {models.map((each) => (
              <option key={each} value={each}>
                {each === '' ? t('history.unknownModel') : each}
              </option>
            ))}
          </select>
        )}
        <select
          className={`form-select form-select-sm ${styles.choice}`}
          aria-label={t('history.days')}
          value={dayCount}
          data-testid="trend-days"
          onChange={({ currentTarget }) => {
            setDayCount(Number(currentTarget.value));
          }}
        >
          {spansDays.map((days) => (
            <option key={days} value={days}>
              {t('history.lastDays', { count: days })}
            </option>
          ))}
        </select>
      </div>
      <TrendChart
        days={trendOf(tallies, model, nowMs, dayCount)}
        entries={entries}
        chosenMs={chosenMs}
        onChoose={onChoose}
      />
    </section>
  );
}
