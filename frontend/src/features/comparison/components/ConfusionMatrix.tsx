import type { CSSProperties } from 'react';
import type { System } from '@/lib/comparisonSchemas';
import { confusionOf, confusionText } from '../lib/confusion';
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
  const name = `Confusion matrix of ${system.model}: the answers to each of ${rows.length} labels, in % of its clips.`;
  return (
    <figure className={styles.figure}>
      <figcaption className={styles.caption}>
        Answers on unseen speakers, in % of the clips of a label
      </figcaption>
      <div className={styles.content}>
        <div
          role="img"
          aria-label={`${name} The list beside it says the same.`}
          className={styles.matrix}
          style={columns(answers.length)}
          data-testid="confusion-matrix"
        >
          <span className={styles.corner}>
            <span>Answer →</span>
            <span>Label ↓</span>
          </span>
          {answers.map((answer) => (
            <span key={answer} className={styles.answer}>
              {answer}
            </span>
          ))}
          {rows.map(({ label, shares }) => (
            <div key={label} className={styles.row}>
              <span className={styles.label}>{label}</span>
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
