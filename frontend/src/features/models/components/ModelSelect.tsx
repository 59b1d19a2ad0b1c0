import { useId } from 'react';
import type { Model } from '@/lib/apiSchemas';
import { t } from '@/lib/i18n';
import type { ModelsControl, ModelsState } from '../hooks/useModels';
import { modelGroups } from '../lib/modelGroups';
import { modelTitle } from '../lib/modelTitle';
import styles from './ModelSelect.module.css';

interface ModelSelectProps extends ModelsControl {
  chosen: Model | undefined;
  onPick: (name: string) => void;
}

function Group({ label, models, all }: { label: string; models: Model[]; all: Model[] }) {
  if (models.length === 0) return null;
  return (
    <optgroup label={label}>
      {models.map((model) => (
        <option key={model.name} value={model.name}>
          {modelTitle(model, all)}
        </option>
      ))}
    </optgroup>
  );
}

function Options({ state }: { state: ModelsState }) {
  if (state.phase === 'loading') return <option value="">{t('models.loadingShort')}</option>;
  if (state.phase === 'failed') return <option value="">{t('models.serversDefault')}</option>;
  const { recommended, published } = modelGroups(state.models);
  const all = state.models.models;
  return (
    <>
      <Group label={t('models.recommended')} models={recommended} all={all} />
      <Group label={t('models.published')} models={published} all={all} />
    </>
  );
}

/** The choice of a model in one line. */
export function ModelSelect({ state, reload, chosen, onPick }: ModelSelectProps) {
  const id = useId();
  return (
    <div className={styles.field}>
      <label className="visually-hidden" htmlFor={id}>
        {t('models.label')}
      </label>
      <select
        id={id}
        className={`form-select ${styles.select}`}
        data-testid="model-select"
        disabled={state.phase !== 'ready'}
        value={chosen?.name ?? ''}
        onChange={({ currentTarget }) => {
          onPick(currentTarget.value);
        }}
      >
        <Options state={state} />
      </select>
      {state.phase === 'failed' && (
        <button
          type="button"
          className={`btn btn-sm ser-button ${styles.retry}`}
          data-testid="reload-models"
          title={state.problem.title}
          onClick={reload}
        >
          {t('common.tryAgain')}
        </button>
      )}
    </div>
  );
}
