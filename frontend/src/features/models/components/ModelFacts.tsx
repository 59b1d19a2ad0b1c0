import { useAccess } from '@/lib/accessKey';
import type { Model } from '@/lib/apiSchemas';
import { apiService } from '@/lib/apiService';
import { download } from '@/lib/download';
import { formatExactPercent } from '@/lib/format';
import { t } from '@/lib/i18n';
import { apiUrl } from '@/lib/site';
import styles from './ModelFacts.module.css';

function Uar({ cross_validated, uar, unseen_speakers }: Model) {
  if (cross_validated) {
    const { uar: ofAll, low, high, speakers } = cross_validated;
    return (
      <>
        {formatExactPercent(ofAll)}
        {low !== null &&
          high !== null &&
          ` ${t('models.interval', { low: formatExactPercent(low), high: formatExactPercent(high) })}`}
        . {t('models.crossValidated', { count: speakers })}
      </>
    );
  }
  if (uar === null) return t('models.notMeasured');
  const words = unseen_speakers === null ? '' : ` ${t('models.unseenSpeakers', { count: unseen_speakers })}`;
  return `${formatExactPercent(uar)}.${words}`;
}

function Licence({ licence, licence_url }: Pick<Model, 'licence' | 'licence_url'>) {
  if (!licence_url) return licence;
  return (
    <a href={licence_url} target="_blank" rel="noreferrer">
      {licence}
    </a>
  );
}

async function saveCard(model: Model): Promise<void> {
  // Where the server is away, nothing is saved.
  const text = await apiService.card(model).catch(() => undefined);
  if (text !== undefined) download(text, `${model.name}.md`, 'text/markdown');
}

/** How a model was measured, what it was made from, and under which licences it is. */
export function ModelFacts({ model, title }: { model: Model; title: string }) {
  const corpora = [model, ...model.also_trained_on];
  const { hasKey } = useAccess();
  return (
    <>
      <dl className={styles.facts}>
        <dt>
          <abbr title={t('models.uarMeaning')}>UAR</abbr>
        </dt>
        <dd data-testid="model-score">
          <Uar {...model} />
          <p className={styles.meaning}>
            {t('models.uarMeaning')}. {t('models.guessing', { percent: formatExactPercent(1 / model.emotions.length) })}
          </p>
        </dd>
        {corpora.map((each) => (
          <div key={each.corpus} className={styles.fact}>
            <dt>{t('models.trainedOn', { corpus: each.corpus })}</dt>
            <dd>
              <Licence {...each} />
            </dd>
          </div>
        ))}
        {model.weights_licence && (
          <>
            <dt>{t('models.weightsLicence')}</dt>
            <dd>{model.weights_licence}</dd>
          </>
        )}
        <dt>{t('models.size')}</dt>
        <dd>{t('models.parameters', { count: model.parameters })}</dd>
        <dt>{t('models.name')}</dt>
        <dd>
          <code>{model.name}</code>
        </dd>
      </dl>
      <a
        href={apiUrl + model.card_url}
        target="_blank"
        rel="noreferrer"
        onClick={(event) => {
          if (!hasKey) return;
          // A link can send no key.
          event.preventDefault();
          void saveCard(model);
        }}
      >
        {t('models.card')} <span className="visually-hidden">: {title}</span>
      </a>
    </>
  );
}
