import { EmotionLabel } from '@/components/EmotionLabel';
import { formatDay, formatDayOfMonth, formatDuration, formatLength, formatPercent } from '@/lib/format';
import { emotionName, t } from '@/lib/i18n';
import { sharesOf, sumOf, topShare, uncertainShare } from '../lib/shares';
import type { TrendDay } from '../lib/trend';
import { EmotionStrip } from './EmotionStrip';
import styles from './TrendChart.module.css';

/** Days from one date below the chart to the next, at most. */
const MOST_DATES = 5;

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

/** How much of the speech of each day carried which emotion; below, how much speech that was. */
export function TrendChart({ days }: { days: TrendDay[] }) {
  const heard = days.filter(({ totalS }) => totalS > 0);
  const mostS = Math.max(...days.map(({ totalS }) => totalS));
  const shares = sharesOf(sumOf(heard));
  const emotions = shares.filter(({ share }) => share > 0).map(({ emotion }) => emotion);
  const step = Math.ceil(days.length / MOST_DATES);
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
      <div className={styles.columns} aria-hidden="true">
        {days.map((day) => (
          <span
            key={day.startMs}
            className={styles.column}
            title={day.totalS > 0 ? describe(day) : formatDay(day.startMs)}
            data-testid="trend-day"
          >
            <EmotionStrip sum={day} isUpright />
          </span>
        ))}
      </div>
      <div className={styles.amounts} aria-hidden="true">
        {days.map(({ startMs, totalS }) => (
          <span
            key={startMs}
            className={styles.amount}
            style={{ height: `${mostS > 0 ? (100 * totalS) / mostS : 0}%` }}
          />
        ))}
      </div>
      <div className={styles.dates} aria-hidden="true">
        {days.map(({ startMs }, i) => (
          <span key={startMs}>{(days.length - 1 - i) % step === 0 && <time>{formatDayOfMonth(startMs)}</time>}</span>
        ))}
      </div>
      <table className="visually-hidden">
        <caption>{t('history.trend')}</caption>
        <thead>
          <tr>
            <th scope="col">{t('history.day')}</th>
            <th scope="col">{t('history.speech')}</th>
            <th scope="col">{t('history.mostly')}</th>
          </tr>
        </thead>
        <tbody>
          {heard.map((day) => {
            const top = topShare(day);
            return (
              <tr key={day.startMs}>
                <th scope="row">{formatDay(day.startMs)}</th>
                <td>{formatLength(day.totalS)}</td>
                <td>
                  {top ? emotionName(top.emotion) : t('common.uncertain')}{' '}
                  {formatPercent(top?.share ?? uncertainShare(day))}
                </td>
              </tr>
            );
          })}
        </tbody>
      </table>
      <figcaption className={styles.caption}>{t('history.trendCaption', { most: formatDuration(mostS) })}</figcaption>
    </figure>
  );
}
