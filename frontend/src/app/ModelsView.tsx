import { ComparisonView } from '@/features/comparison/components/ComparisonView';
import { ModelCards, type ModelCardsProps } from '@/features/models/components/ModelCards';
import styles from './ModelsView.module.css';

/** Choosing a model, and comparing the published systems. */
export function ModelsView(props: ModelCardsProps) {
  return (
    <div className={styles.view} data-testid="models-view">
      <ModelCards {...props} />
      <ComparisonView />
    </div>
  );
}
