import { useEffect, useId, useRef } from 'react';
import FailedIcon from '~icons/lucide/triangle-alert';
import type { Model } from '@/lib/apiSchemas';
import { t } from '@/lib/i18n';
import type { ModelsControl, ModelsState } from '../hooks/useModels';
import { modelGroups } from '../lib/modelGroups';
import { modelTitle } from '../lib/modelTitle';
import styles from './ModelSelect.module.css';
import { ReloadModels } from './ReloadModels';

interface ModelSelectProps extends ModelsControl {
  /** The name that was asked for; there may be no such model. */
  picked: string | undefined;
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

function Options({ state }: { state: Exclude<ModelsState, { phase: 'failed' }> }) {
  if (state.phase === 'loading') return <option value="">{t('models.loadingShort')}</option>;
  const { recommended, published } = modelGroups(state.models);
  const all = state.models.models;
  return (
    <>
      <Group label={t('models.recommended')} models={recommended} all={all} />
      <Group label={t('models.published')} models={published} all={all} />
    </>
  );
}

/** The choice of a model in one line; says where it cannot be made, or was not followed. */
export function ModelSelect({ state, reload, picked, chosen, onPick }: ModelSelectProps) {
  const id = useId();
  const select = useRef<HTMLSelectElement>(null);
  const wasReloaded = useRef(false);
  const isReady = state.phase === 'ready';
  useEffect(() => {
    // The button that was pressed is gone; the keyboard focus must not be.
    if (isReady && wasReloaded.current && document.activeElement === document.body) select.current?.focus();
    wasReloaded.current = false;
  }, [isReady]);
  const isGone = isReady && picked !== undefined && picked !== chosen?.name;

  return (
    <div className={styles.field}>
      {state.phase !== 'failed' && (
        <>
          <label className="visually-hidden" htmlFor={id}>
            {t('models.label')}
          </label>
          <select
            ref={select}
            id={id}
            className={`form-select ${styles.select}`}
            data-testid="model-select"
            disabled={!isReady}
            value={chosen?.name ?? ''}
            onChange={({ currentTarget }) => {
              onPick(currentTarget.value);
            }}
          >
            <Options state={state} />
          </select>
        </>
      )}
      <span className={styles.problem} role="status" data-testid="model-problem">
        {state.phase === 'failed' && (
          <span title={state.problem.title}>
            <FailedIcon aria-hidden="true" /> {t('models.failed')}
          </span>
        )}
        {isGone && (
          <span>
            <FailedIcon aria-hidden="true" /> {t('models.gone', { name: picked })}
          </span>
        )}
      </span>
      {state.phase === 'failed' && (
        <ReloadModels
          isAsking={state.isAsking}
          onReload={() => {
            wasReloaded.current = true;
            reload();
          }}
        />
      )}
    </div>
  );
}
