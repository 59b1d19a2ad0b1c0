import { lazy, Suspense } from 'react';

function MissingView() {
  return <p>The comparison could not be loaded. Reload the page to see it.</p>;
}

// Few visitors look at it.
const ComparisonView = lazy(() =>
  import('@/features/comparison/components/ComparisonView').then(
    (loaded) => ({ default: loaded.ComparisonView }),
    () => ({ default: MissingView }),
  ),
);

export function CompareView() {
  return (
    <Suspense fallback={<p className="text-body-secondary">Loading the comparison …</p>}>
      <ComparisonView />
    </Suspense>
  );
}
