import { EmotionLabel } from '@/components/EmotionLabel';
import type { Model } from '@/lib/apiSchemas';
import { formatCount, formatPercent } from '@/lib/format';
import styles from './ModelCard.module.css';

function accuracy({ uar, unseen_speakers, cross_validated }: Model): string {
  if (cross_validated) {
    const { uar: ofAll, speakers } = cross_validated;
    return `${formatPercent(ofAll)}, cross-validated over ${formatCount(speakers, 'speaker')}`;
  }
  if (uar === null) return 'not measured';
  if (unseen_speakers === null) return formatPercent(uar);
  return `${formatPercent(uar)}, measured on ${formatCount(unseen_speakers, 'speaker')} that were not in training`;
}

function abstention({ abstains_below }: Model): string {
  return abstains_below > 0 ? `below ${formatPercent(abstains_below)} confidence` : 'never';
}

interface ModelCardProps {
  model: Model;
  /** The id of the radio button, where there is more than one model. */
  labelFor?: string;
  /** Show only what is needed to choose a model. */
  brief?: boolean;
}

function Licence({ licence, licence_url }: Pick<Model, 'licence' | 'licence_url'>) {
  if (!licence_url) return licence;
  return (
    <a href={licence_url} target="_blank" rel="noreferrer">
      {licence}
    </a>
  );
}

export function ModelCard({ model, labelFor, brief = false }: ModelCardProps) {
  const corpora = [model, ...model.also_trained_on];
  return (
    <div className={styles.card}>
      {labelFor ? (
        <label className={styles.name} htmlFor={labelFor}>
          {model.name}
        </label>
      ) : (
        <p className={styles.name}>{model.name}</p>
      )}
      <p className={styles.description}>{model.description}</p>
      {!brief && model.restricted && (
        <p className={styles.restricted} data-testid="model-restricted">
          Weights under {model.weights_licence}. This licence forbids some uses, such as commercial
          ones.
        </p>
      )}
      {!brief && (
        <ul className={styles.emotions} aria-label="Emotions">
          {model.emotions.map((emotion) => (
            <li key={emotion}>
              <EmotionLabel emotion={emotion} />
            </li>
          ))}
        </ul>
      )}
      <dl className={styles.facts}>
        <dt>
          <abbr title="Unweighted average recall: the mean recall over the emotions">UAR</abbr>
        </dt>
        <dd data-testid="model-uar">{accuracy(model)}</dd>
        {!brief && (
          <>
            <dt>Uncertain</dt>
            <dd data-testid="model-abstains">{abstention(model)}</dd>
            <dt>{corpora.length > 1 ? 'Corpora' : 'Corpus'}</dt>
            <dd>{corpora.map(({ corpus }) => corpus).join(', ')}</dd>
            <dt>{corpora.length > 1 ? 'Licences' : 'Licence'}</dt>
            {corpora.map((each) => (
              <dd key={each.corpus}>
                {corpora.length > 1 && `${each.corpus}: `}
                <Licence {...each} />
              </dd>
            ))}
            <dt>Size</dt>
            <dd>{model.parameters.toLocaleString('en')} parameters</dd>
          </>
        )}
      </dl>
      {!brief && (
        <a href={model.card_url} target="_blank" rel="noreferrer">
          Model card <span className="visually-hidden">of {model.name}</span>
        </a>
      )}
    </div>
  );
}
