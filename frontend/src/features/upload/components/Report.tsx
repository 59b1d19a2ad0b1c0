import { createPortal } from 'react-dom';
import { EmotionLaneNames, EmotionLanes } from '@/components/EmotionLanes';
import { EmotionRibbon } from '@/components/EmotionRibbon';
import { emotionStyle } from '@/lib/emotionAppearance';
import { formatDuration, formatPercent, formatTimecode } from '@/lib/format';
import { emotionName, t } from '@/lib/i18n';
import type { SpeechTimeline } from '@/lib/timelineSchemas';
import { secondsShares } from '../lib/secondsShares';
import { spansOf } from '../lib/spans';
import { timeTicks } from '../lib/timeTicks';
import { summaryText } from '../lib/timelineText';
import { voiceName } from '../lib/voices';
import { Headline } from './Headline';
import styles from './Report.module.css';
import { VoiceRibbons } from './VoiceRibbons';

const LANE_HEIGHT_REM = 1.625;
const TICKS = 8;

/** As many as fit on the page, in three columns. */
const MOST_SEGMENTS = 48;

interface ReportProps {
  fileName: string;
  timeline: SpeechTimeline;
}

/** One page on paper, in place of the whole page of the browser. */
export function Report({ fileName, timeline }: ReportProps) {
  const { duration_s: durationS, segments, windows, distribution, timestamp } = timeline;
  const voices = timeline.voices ?? [];
  const emotions = Object.keys(distribution);
  const shown = segments.slice(0, MOST_SEGMENTS);
  const hiddenCount = segments.length - shown.length;
  return createPortal(
    <article className={styles.report} data-bs-theme="light" data-testid="report">
      <p className={styles.kind}>{t('upload.report')}</p>
      <h1 className={styles.title}>{fileName}</h1>
      <Headline headline={timeline} size="large" />
      <p className={styles.summary}>
        {summaryText(timeline)} {timestamp.slice(0, 16).replace('T', ' ')}
      </p>
      <div className={styles.chart}>
        {voices.length > 0 ? (
          <>
            <ul className={styles.voices}>
              {voices.map((voice) => (
                <li key={voice.id}>{voiceName(voice)}</li>
              ))}
            </ul>
            <VoiceRibbons voices={voices} durationS={durationS} />
          </>
        ) : (
          <>
            <span>{t('upload.likeliest')}</span>
            <EmotionRibbon spans={spansOf(segments)} durationS={durationS} heightRem={1.25} />
          </>
        )}
        <EmotionLaneNames emotions={emotions} laneHeightRem={LANE_HEIGHT_REM} />
        <EmotionLanes
          spans={spansOf(windows)}
          emotions={emotions}
          durationS={durationS}
          label={t('upload.lanesLabel', {
            emotions: emotions.map(emotionName).join(', '),
            count: windows.length,
          })}
          laneHeightRem={LANE_HEIGHT_REM}
        />
        <span />
        <div className={styles.axis}>
          {timeTicks(durationS, TICKS).map((timeS) => (
            <span key={timeS} style={{ left: `${(100 * timeS) / durationS}%` }}>
              {formatDuration(timeS)}
            </span>
          ))}
        </div>
      </div>
      <h2 className={styles.heading}>{t('upload.secondsOfSpeech')}</h2>
      <table className={styles.shares}>
        <tbody>
          {secondsShares(distribution).map(({ emotion, share, amount }) => (
            <tr key={emotion} style={emotionStyle(emotion)}>
              <th scope="row">{emotionName(emotion)}</th>
              <td>{amount}</td>
              <td>{formatPercent(share)}</td>
              <td className={styles.track}>
                <span className={styles.bar} style={{ width: `${100 * share}%` }} />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
      <h2 className={styles.heading}>{t('upload.segments')}</h2>
      <ol className={styles.segments}>
        {shown.map(({ start_s, end_s, emotion, confidence, low_information }, i) => (
          <li key={i}>
            {formatTimecode(start_s)} – {formatTimecode(end_s)}{' '}
            <strong>{low_information ? t('upload.maybe', { emotion: emotionName(emotion) }) : emotionName(emotion)}</strong>{' '}
            {formatPercent(confidence)}
          </li>
        ))}
      </ol>
      {hiddenCount > 0 && <p className={styles.summary}>{t('upload.inExports', { count: hiddenCount })}</p>}
      <p className={styles.footer}>{t('upload.estimate')}</p>
    </article>,
    document.body,
  );
}
