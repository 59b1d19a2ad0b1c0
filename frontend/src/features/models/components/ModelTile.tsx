import Check from '~icons/lucide/check';
import ChevronDown from '~icons/lucide/chevron-down';
import CircleQuestionMark from '~icons/lucide/circle-question-mark';
import Ear from '~icons/lucide/ear';
import Scale from '~icons/lucide/scale';
import { useId } from 'react';
import { EmotionLabel } from '@/components/EmotionLabel';
import type { Model } from '@/lib/apiSchemas';
import { formatPercent } from '@/lib/format';
import { t } from '@/lib/i18n';
import { ModelFacts } from './ModelFacts';
import styles from './ModelTile.module.css';

function accuracyText({ uar, unseen_speakers, cross_validated }: Model): string {
  const share = cross_validated?.uar ?? uar;
  if (share === null) return t('models.notMeasured');
  const isOnNewVoices = cross_validated !== null || unseen_speakers !== null;
  return t(isOnNewVoices ? 'models.right' : 'models.rightAnywhere', { percent: formatPercent(share) });
}

function abstentionText({ abstains_below }: Model): string {
  if (abstains_below === 0) return t('models.alwaysAnswers');
  return t('models.uncertainBelow', { percent: formatPercent(abstains_below) });
}

interface ModelTileProps {
  model: Model;
  title: string;
  isChosen: boolean;
  onPick: () => void;
}

/** What a model tells and how often it is right; how that was measured is folded. */
export function ModelTile({ model, title, isChosen, onPick }: ModelTileProps) {
  const titleId = useId();
  const isRecommended = model.group === 'recommended';
  return (
    <article
      className={styles.tile}
      aria-labelledby={titleId}
      aria-current={isChosen}
      data-testid={`model-${model.name}`}
    >
      <h3 className={styles.title} id={titleId}>
        {title}
      </h3>
      <ul className={styles.emotions} aria-label={t('models.emotions')}>
        {model.emotions.map((emotion) => (
          <li key={emotion}>
            <EmotionLabel emotion={emotion} />
          </li>
        ))}
      </ul>
      <ul className={styles.promises}>
        <li className={styles.accuracy} data-testid="model-uar">
          <Ear aria-hidden="true" /> {accuracyText(model)}
        </li>
        <li data-testid="model-abstains">
          <CircleQuestionMark aria-hidden="true" /> {abstentionText(model)}
        </li>
        {model.restricted && (
          <li className={styles.restricted} data-testid="model-restricted">
            <Scale aria-hidden="true" /> {t('models.restricted')}
          </li>
        )}
      </ul>
      {/* One button in both states, so that the focus stays where it was. */}
      <button
        type="button"
        className={`btn ${isRecommended && !isChosen ? 'ser-button-primary' : 'ser-button'} ${styles.use}`}
        aria-disabled={isChosen}
        data-testid="use-model"
        onClick={() => {
          if (!isChosen) onPick();
        }}
      >
        {isChosen && <Check aria-hidden="true" />}
        {t(isChosen ? 'models.inUse' : 'models.use')}
        <span className="visually-hidden">: {title}</span>
      </button>
      <details className={styles.details}>
        <summary>
          {t('models.details')} <span className="visually-hidden">: {title}</span>
          <ChevronDown className={styles.chevron} aria-hidden="true" />
        </summary>
        <ModelFacts model={model} title={title} />
      </details>
    </article>
  );
}
