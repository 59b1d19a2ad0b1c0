import type { Claim, System } from '@/lib/comparisonSchemas';
import { formatCount, formatExactPercent } from '@/lib/format';
import { ConfusionMatrix } from './ConfusionMatrix';
import styles from './SystemDetails.module.css';

interface PublishedProps {
  claim: Claim;
  system: System;
}

/** The published figure beside ours. */
function Published({ claim, system: { unseen, random_split } }: PublishedProps) {
  return (
    <section data-testid="claim">
      <h3 className={styles.heading}>Published, and measured here</h3>
      <p className="mb-2">{claim.text}</p>
      <dl className={styles.facts}>
        {claim.accuracy !== null && (
          <>
            <dt>Published accuracy</dt>
            <dd>{formatExactPercent(claim.accuracy)}</dd>
          </>
        )}
        {random_split && (
          <>
            <dt>Our accuracy, random split</dt>
            <dd>{formatExactPercent(random_split.wa.value)}</dd>
          </>
        )}
        <dt>Our accuracy, unseen speakers</dt>
        <dd>{formatExactPercent(unseen.wa.value)}</dd>
      </dl>
      <p className="mb-0">{claim.reason}</p>
    </section>
  );
}

export function SystemDetails({ system }: { system: System }) {
  const { model, shipped, architecture, features, licence, unseen, claim } = system;
  const { clips, speakers, folds } = unseen;
  return (
    <div className={styles.details}>
      <div className={styles.words}>
        <section>
          <h3 className={styles.heading}>What it is</h3>
          <dl className={styles.facts}>
            <dt>Network</dt>
            <dd>{architecture}</dd>
            <dt>Reads</dt>
            <dd>{features}</dd>
            <dt>Scored on</dt>
            <dd>
              {clips.toLocaleString('en')} clips of {formatCount(speakers, 'speaker')}, by{' '}
              {formatCount(folds, 'model')}
            </dd>
            <dt>Corpus licence</dt>
            <dd>{licence}</dd>
          </dl>
          {shipped ? (
            <a href={`/models/${encodeURIComponent(model)}/card`} target="_blank" rel="noreferrer">
              Model card <span className="visually-hidden">of {model}</span>
            </a>
          ) : (
            <p className="mb-0">This server has no model of it: it was trained to be compared.</p>
          )}
        </section>
        {claim && <Published claim={claim} system={system} />}
      </div>
      <ConfusionMatrix system={system} />
    </div>
  );
}
