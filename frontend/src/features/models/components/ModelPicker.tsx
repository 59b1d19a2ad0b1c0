import { useState } from 'react';
import type { Model } from '@/lib/apiSchemas';
import type { ModelsControl } from '../hooks/useModels';
import { ModelCard } from './ModelCard';
import styles from './ModelPicker.module.css';

interface Picking {
  chosen: Model | undefined;
  onPick: (name: string) => void;
}

type ModelPickerProps = ModelsControl & Picking;

function Choices({ models, chosen, onPick }: Picking & { models: Model[] }) {
  return models.map((model) => (
    <div
      key={model.name}
      className={styles.choice}
      data-chosen={model === chosen}
      data-testid={`model-${model.name}`}
    >
      <input
        type="radio"
        name="model"
        id={`model-${model.name}`}
        className="form-check-input"
        checked={model === chosen}
        onChange={() => {
          onPick(model.name);
        }}
      />
      <ModelCard model={model} labelFor={`model-${model.name}`} brief={model !== chosen} />
    </div>
  ));
}

/** Folded until somebody looks for them, as they are many, and nobody should rely on them. */
function Published({ models, ...picking }: Picking & { models: Model[] }) {
  const [isOpen, setIsOpen] = useState(picking.chosen?.group === 'published');
  return (
    <details
      open={isOpen}
      data-testid="published-models"
      onToggle={({ currentTarget }) => {
        setIsOpen(currentTarget.open);
      }}
    >
      <summary className={styles.group}>
        Published systems, for comparison <span className={styles.count}>({models.length})</span>
      </summary>
      <div className={`${styles.choices} ${styles.folded}`}>
        <Choices models={models} {...picking} />
      </div>
    </details>
  );
}

function Content({ state, reload, ...picking }: ModelPickerProps) {
  if (state.phase === 'loading') {
    return <p className="text-body-secondary mb-0">Loading the models …</p>;
  }
  if (state.phase === 'failed') {
    return (
      <>
        <p className="mb-2">
          {state.problem.title}. Until the list is loaded, the server uses its default model.
        </p>
        <button
          type="button"
          className="btn ser-button"
          data-testid="reload-models"
          onClick={reload}
        >
          Try again
        </button>
      </>
    );
  }
  const { models } = state.models;
  if (models.length === 1 && picking.chosen) return <ModelCard model={picking.chosen} />;
  const recommended = models.filter(({ group }) => group === 'recommended');
  const published = models.filter(({ group }) => group === 'published');
  return (
    <div role="radiogroup" aria-labelledby="model-heading" className={styles.choices}>
      {recommended.length > 0 && (
        <div role="group" aria-labelledby="recommended-heading" className={styles.choices}>
          <h3 className={styles.group} id="recommended-heading" hidden={published.length === 0}>
            Recommended
          </h3>
          <Choices models={recommended} {...picking} />
        </div>
      )}
      {published.length > 0 && <Published models={published} {...picking} />}
    </div>
  );
}

export function ModelPicker(props: ModelPickerProps) {
  return (
    <section className="card ser-card" aria-labelledby="model-heading" data-testid="model-picker">
      <div className={`card-body ${styles.body}`}>
        <h2 className="h6 mb-3" id="model-heading">
          Model
        </h2>
        <Content {...props} />
      </div>
    </section>
  );
}
