import { ComparisonView } from '@/features/comparison/components/ComparisonView';
import { ModelCards, type ModelCardsProps } from '@/features/models/components/ModelCards';
import styles from './ModelsPage.module.css';

export function ModelsPage(props: ModelCardsProps) {
  return (
    <div className={styles.view} data-testid="models-view">
      <ModelCards {...props} />
      <ComparisonView />
    </div>
  );
}
