import CloseIcon from '~icons/lucide/x';
import { EmotionBar } from '@/components/EmotionBar';
import { EmotionLabel } from '@/components/EmotionLabel';
import { EmotionRibbon } from '@/components/EmotionRibbon';
import { emotionStyle } from '@/lib/emotionAppearance';
import { formatDuration, formatLength, formatPercent } from '@/lib/format';
import { t } from '@/lib/i18n';
import type { SpeechTimeline } from '@/lib/timelineSchemas';
import { secondsShares } from '../lib/secondsShares';
import { spansOf } from '../lib/spans';
import { Headline } from './Headline';
import styles from './SideBySide.module.css';

interface ComparedFile {
  name: string;
  timeline: SpeechTimeline;
}

interface SideBySideProps {
  files: [ComparedFile, ComparedFile];
  onClose: () => void;
}

/** Two files, and the seconds of each emotion in both. */
export function SideBySide({ files, onClose }: SideBySideProps) {
  const shares = files.map(
    ({ timeline }) =>
      new Map(secondsShares(timeline.distribution).map((each) => [each.emotion, each])),
  );
  const emotions = [...new Set(shares.flatMap((each) => [...each.keys()]))];
  return (
    <section className={styles.compared} aria-label={t('upload.sideBySide')} data-testid="side-by-side">
      <button type="button" className={`btn btn-sm ser-button ${styles.close}`} onClick={onClose}>
        <CloseIcon aria-hidden="true" /> {t('upload.closeComparison')}
      </button>
      <table className={styles.table}>
        <caption className="visually-hidden">{t('upload.speechByEmotion')}</caption>
        <thead>
          <tr>
            <td />
            {files.map(({ name, timeline }, i) => (
              <th key={i} scope="col">
                <span className={styles.name} title={name}>
                  {name}
                </span>
                <Headline headline={timeline} size="small" />
                <EmotionRibbon
                  spans={spansOf(timeline.segments)}
                  durationS={timeline.duration_s}
                  heightPx={20}
                />
                <span className={styles.length}>
                  {t('upload.lengths', {
                    length: formatDuration(timeline.duration_s),
                    speech: formatLength(timeline.speech_s),
                  })}
                </span>
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {emotions.map((emotion) => (
            <tr key={emotion} style={emotionStyle(emotion)}>
              <th scope="row">
                <EmotionLabel emotion={emotion} />
              </th>
              {shares.map((each, i) => {
                const found = each.get(emotion);
                return (
                  <td key={i}>
                    {found ? (
                      <span className={styles.share}>
                        <EmotionBar share={found.share} />
                        <span className={styles.amount}>
                          {found.amount} ({formatPercent(found.share)})
                        </span>
                      </span>
                    ) : (
                      t('upload.notKnown')
                    )}
                  </td>
                );
              })}
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}
