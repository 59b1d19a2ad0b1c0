import ChevronDown from '~icons/lucide/chevron-down';
import { useState } from 'react';
import type { Model } from '@/lib/apiSchemas';
import { t } from '@/lib/i18n';
import type { ModelsControl } from '../hooks/useModels';
import { modelGroups } from '../lib/modelGroups';
import { modelTitle } from '../lib/modelTitle';
import styles from './ModelCards.module.css';
import { ModelTile } from './ModelTile';
import { ReloadModels } from './ReloadModels';

interface Picking {
  chosen: Model | undefined;
  onPick: (name: string) => void;
}

export type ModelCardsProps = ModelsControl & Picking;

interface TilesProps extends Picking {
  models: Model[];
  all: Model[];
}

function Tiles({ models, all, chosen, onPick }: TilesProps) {
  return (
    <div className={styles.tiles}>
      {models.map((model) => (
        <ModelTile
          key={model.name}
          model={model}
          title={modelTitle(model, all)}
          isChosen={model.name === chosen?.name}
          onPick={() => {
            onPick(model.name);
          }}
        />
      ))}
    </div>
  );
}

/** Folded until somebody looks for them, as they are many, and nobody should rely on them. */
function Published(props: TilesProps) {
  const [isOpen, setIsOpen] = useState(props.chosen?.group === 'published');
  return (
    <details
      className={styles.published}
      open={isOpen}
      data-testid="published-models"
      onToggle={({ currentTarget }) => {
        setIsOpen(currentTarget.open);
      }}
    >
      <summary>
        {t('models.publishedCount', { count: props.models.length })}
        <ChevronDown className={styles.chevron} aria-hidden="true" />
      </summary>
      <Tiles {...props} />
    </details>
  );
}

function Content({ state, reload, ...picking }: ModelCardsProps) {
  if (state.phase === 'loading') {
    return <p className={styles.waiting}>{t('models.loading')}</p>;
  }
  if (state.phase === 'failed') {
    return (
      <div className={styles.waiting}>
        <p className="mb-2">
          {t('models.failed')}. {t('models.failedHint', { problem: state.problem.title })}
        </p>
        <ReloadModels isAsking={state.isAsking} onReload={reload} />
      </div>
    );
  }
  const { recommended, published } = modelGroups(state.models);
  const all = state.models.models;
  return (
    <>
      {recommended.length > 0 && <Tiles models={recommended} all={all} {...picking} />}
      {published.length > 0 && <Published models={published} all={all} {...picking} />}
    </>
  );
}

/** All models that can be asked for an emotion, with what to know before choosing one. */
export function ModelCards(props: ModelCardsProps) {
  return (
    <section className="card ser-card" aria-labelledby="models-heading" data-testid="model-cards">
      <div className="card-body">
        <h2 className="h6 mb-3" id="models-heading">
          {t('models.heading')}
        </h2>
        <Content {...props} />
      </div>
    </section>
  );
}
