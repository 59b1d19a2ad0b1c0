import { EmotionFace } from '@/components/EmotionFace';
import { UncertainBadge } from '@/components/UncertainBadge';
import { emotionStyle } from '@/lib/emotionAppearance';
import { formatPercent } from '@/lib/format';
import { emotionName, t } from '@/lib/i18n';
import { confidenceText, topShares, type Headline as Content } from '../lib/timelineText';
import styles from './Headline.module.css';

function Face({ emotion }: { emotion: string }) {
  return (
    <span className={styles.face} style={emotionStyle(emotion)} aria-hidden="true">
      <EmotionFace emotion={emotion} />
    </span>
  );
}

interface HeadlineProps {
  headline: Content;
  size: 'large' | 'small';
}

/** The emotion with most seconds of speech, or the two where both have nearly as many. */
export function Headline({ headline, size }: HeadlineProps) {
  const { emotion, low_information: isUncertain, mixed } = headline;
  const shown = mixed ? topShares(headline) : [{ emotion, share: 0 }];
  return (
    <p className={styles.headline} data-size={size} data-uncertain={isUncertain}>
      <span className={styles.faces}>
        {shown.map((each) => (
          <Face key={each.emotion} emotion={each.emotion} />
        ))}
      </span>
      <span className={styles.words}>
        {mixed ? (
          <span className={styles.name}>
            {t('upload.mixed')}{' '}
            {shown
              .map((each) => `${emotionName(each.emotion)} ${formatPercent(each.share)}`)
              .join(', ')}
          </span>
        ) : (
          <>
            <span className={styles.name}>{emotionName(emotion)}</span>{' '}
            <span className={styles.share}>{confidenceText(headline)}</span>
          </>
        )}{' '}
        {isUncertain && <UncertainBadge />}
      </span>
    </p>
  );
}
