import type { Claim, System } from '@/lib/comparisonSchemas';
import { formatExactPercent } from '@/lib/format';
import { t } from '@/lib/i18n';
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
      <h3 className={styles.heading}>{t('comparison.claim')}</h3>
      <p className="mb-2" lang="en">
        {claim.text}
      </p>
      <dl className={styles.facts}>
        {claim.accuracy !== null && (
          <>
            <dt>{t('comparison.claimed')}</dt>
            <dd>{formatExactPercent(claim.accuracy)}</dd>
          </>
        )}
        {random_split && (
          <>
            <dt>{t('comparison.oursRandom')}</dt>
            <dd>{formatExactPercent(random_split.wa.value)}</dd>
          </>
        )}
        <dt>{t('comparison.oursUnseen')}</dt>
        <dd>{formatExactPercent(unseen.wa.value)}</dd>
      </dl>
      <p className="mb-0" lang="en">
        {claim.reason}
      </p>
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
          <h3 className={styles.heading}>{t('comparison.whatItIs')}</h3>
          <dl className={styles.facts}>
            <dt>{t('comparison.network')}</dt>
            <dd lang="en">{architecture}</dd>
            <dt>{t('comparison.reads')}</dt>
            <dd lang="en">{features}</dd>
            <dt>{t('comparison.scoredOn')}</dt>
            <dd>{t('comparison.clips', { clips, speakers, folds })}</dd>
            <dt>{t('comparison.licence')}</dt>
            <dd>{licence}</dd>
          </dl>
          {shipped ? (
            <a
              href={`/models/${encodeURIComponent(model)}/card`}
              target="_blank"
              rel="noreferrer"
              aria-label={t('comparison.cardOf', { model })}
            >
              {t('comparison.card')}
            </a>
          ) : (
            <p className="mb-0">{t('comparison.notShipped')}</p>
          )}
        </section>
        {claim && <Published claim={claim} system={system} />}
      </div>
      <ConfusionMatrix system={system} />
    </div>
  );
}
