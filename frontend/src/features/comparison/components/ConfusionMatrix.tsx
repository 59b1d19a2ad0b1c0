import ArrowDown from '~icons/lucide/arrow-down';
import ArrowRight from '~icons/lucide/arrow-right';
import type { CSSProperties } from 'react';
import type { System } from '@/lib/comparisonSchemas';
import { emotionName, t } from '@/lib/i18n';
import { answerName, confusionOf, confusionText } from '../lib/confusion';
import styles from './ConfusionMatrix.module.css';

function columns(count: number): CSSProperties {
  return { '--answers': count } as CSSProperties;
}

function shade(share: number): CSSProperties {
  return { '--share': share } as CSSProperties;
}

/** A picture of the answers to each label, and the same in sentences. */
export function ConfusionMatrix({ system }: { system: System }) {
  const confusion = confusionOf(system);
  const { answers, rows } = confusion;
  return (
    <figure className={styles.figure}>
      <figcaption className={styles.caption}>{t('comparison.matrixCaption')}</figcaption>
      <div className={styles.content}>
        <div
          role="img"
          aria-label={t('comparison.matrix', { model: system.model, count: rows.length })}
          className={styles.matrix}
          style={columns(answers.length)}
          data-testid="confusion-matrix"
        >
          <span className={styles.corner}>
            <span>
              {t('comparison.answer')} <ArrowRight aria-hidden="true" />
            </span>
            <span>
              {t('comparison.given')} <ArrowDown aria-hidden="true" />
            </span>
          </span>
          {answers.map((answer) => (
            <span key={answer} className={styles.answer}>
              {answerName(answer)}
            </span>
          ))}
          {rows.map(({ label, shares }) => (
            <div key={label} className={styles.row}>
              <span className={styles.label}>{emotionName(label)}</span>
              {shares.map((share, i) => (
                <span key={answers[i]} className={styles.cell} style={shade(share)}>
                  {Math.round(share * 100)}
                </span>
              ))}
            </div>
          ))}
        </div>
        <ul className={styles.sentences}>
          {confusionText(confusion).map((sentence) => (
            <li key={sentence}>{sentence}</li>
          ))}
        </ul>
      </div>
    </figure>
  );
}
