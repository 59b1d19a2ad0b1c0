import { lazy, Suspense } from 'react';
import type { ModelCardsProps } from '@/features/models/components/ModelCards';
import { t } from '@/lib/i18n';

function MissingView() {
  return <p>{t('models.viewMissing')}</p>;
}

// Few visitors look at it.
const ModelsPage = lazy(() =>
  import('./ModelsPage').then(
    (loaded) => ({ default: loaded.ModelsPage }),
    () => ({ default: MissingView }),
  ),
);

/** Choosing a model, and comparing the published systems. */
export function ModelsView(props: ModelCardsProps) {
  return (
    <Suspense fallback={<p className="text-body-secondary">{t('models.loading')}</p>}>
      <ModelsPage {...props} />
    </Suspense>
  );
}
