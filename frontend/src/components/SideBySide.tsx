import type { ReactNode } from 'react';
import CloseIcon from '~icons/lucide/x';
import { emotionStyle } from '@/lib/emotionAppearance';
import { formatPercent } from '@/lib/format';
import { t } from '@/lib/i18n';
import { EmotionBar } from './EmotionBar';
import { EmotionLabel, UncertainLabel } from './EmotionLabel';
import type { EmotionShare } from './EmotionShares';
import styles from './SideBySide.module.css';

export interface Compared {
  name: string;
  /** What it is on the whole. */
  head: ReactNode;
  /** Length, and how much of it is speech. */
  lengths: string;
  shares: EmotionShare[];
  /** What belongs to no emotion; undefined where all belongs to one. */
  uncertain?: Pick<EmotionShare, 'share' | 'amount'>;
}

interface ShareProps extends Pick<EmotionShare, 'share' | 'amount'> {
  isUncertain?: boolean;
}

function Share({ share, amount, isUncertain = false }: ShareProps) {
  return (
    <span className={styles.share}>
      <EmotionBar share={share} isUncertain={isUncertain} />
      <span className={styles.amount}>
        {amount} ({formatPercent(share)})
      </span>
    </span>
  );
}

interface SideBySideProps {
  /** What the shares are of. */
  caption: string;
  compared: [Compared, Compared];
  onClose: () => void;
}

/** Two recordings or sessions, and how much of each emotion is in both. */
export function SideBySide({ caption, compared, onClose }: SideBySideProps) {
  const shares = compared.map((each) => new Map(each.shares.map((share) => [share.emotion, share])));
  const emotions = [...new Set(shares.flatMap((each) => [...each.keys()]))];
  return (
    <section className={styles.compared} aria-label={t('common.sideBySide')} data-testid="side-by-side">
      <button type="button" className={`btn btn-sm ser-button ${styles.close}`} onClick={onClose}>
        <CloseIcon aria-hidden="true" /> {t('common.closeComparison')}
      </button>
      <table className={styles.table}>
        <caption className="visually-hidden">{caption}</caption>
        <thead>
          <tr>
            <td />
            {compared.map(({ name, head, lengths }, i) => (
              <th key={i} scope="col">
                <span className={styles.name} title={name}>
                  {name}
                </span>
                {head}
                <span className={styles.length}>{lengths}</span>
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
                    {found ? <Share share={found.share} amount={found.amount} /> : t('common.notKnown')}
                  </td>
                );
              })}
            </tr>
          ))}
          {compared.some(({ uncertain }) => uncertain) && (
            <tr data-testid="compared-uncertain">
              <th scope="row">
                <UncertainLabel />
              </th>
              {compared.map(({ uncertain }, i) => (
                <td key={i}>{uncertain && <Share {...uncertain} isUncertain />}</td>
              ))}
            </tr>
          )}
        </tbody>
      </table>
    </section>
  );
}
