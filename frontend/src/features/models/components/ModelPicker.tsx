import type { Model } from '../../../lib/apiSchemas';
import type { ModelsControl } from '../hooks/useModels';
import { ModelCard } from './ModelCard';
import styles from './ModelPicker.module.css';

interface ModelPickerProps extends ModelsControl {
  chosen: Model | undefined;
  onPick: (name: string) => void;
}

function Content({ state, reload, chosen, onPick }: ModelPickerProps) {
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
  if (models.length === 1 && chosen) return <ModelCard model={chosen} />;
  return (
    <div role="radiogroup" aria-labelledby="model-heading" className={styles.choices}>
      {models.map((model) => (
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
      ))}
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
