import ChevronIcon from '~icons/lucide/chevron-down';
import { EmotionShares } from '@/components/EmotionShares';
import { ExpressionSummary } from '@/components/ExpressionSummary';
import { ProbabilityBars } from '@/components/ProbabilityBars';
import { t } from '@/lib/i18n';
import type { SpeechTimeline } from '@/lib/timelineSchemas';
import { secondsShares } from '../lib/secondsShares';
import { summaryText } from '../lib/timelineText';
import styles from './FileFigures.module.css';

/** The seconds of each emotion; a single segment needs none, and has its probabilities instead. */
export function FileFigures({ timeline }: { timeline: SpeechTimeline }) {
  const hasParts = timeline.segments.length > 1;
  const bars = <ProbabilityBars probabilities={timeline.probabilities} />;
  return (
    <div className={styles.figures}>
      {hasParts ? (
        <section>
          <h3 className={styles.heading}>{t('upload.secondsOfSpeech')}</h3>
          <EmotionShares label={t('upload.speechByEmotion')} shares={secondsShares(timeline.distribution)} />
        </section>
      ) : (
        bars
      )}
      <details className={styles.more} data-testid="more-figures">
        <summary>
          <ChevronIcon aria-hidden="true" /> {t('upload.more')}
        </summary>
        <div className={styles.content}>
          <p className={styles.summary} data-testid="timeline-summary">
            {summaryText(timeline)}
          </p>
          {hasParts && (
            <section>
              <h3 className={styles.heading}>{t('upload.meanProbabilities')}</h3>
              {bars}
            </section>
          )}
          <ExpressionSummary
            answer={timeline}
            isUncertain={timeline.low_information}
            source={hasParts ? 'mean probabilities' : 'probabilities'}
          />
        </div>
      </details>
    </div>
  );
}
