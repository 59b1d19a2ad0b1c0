import ChartColumn from '~icons/lucide/chart-column';
import TriangleAlert from '~icons/lucide/triangle-alert';
import { useState } from 'react';
import { StatusMessage } from '@/components/StatusMessage';
import type { Comparison } from '@/lib/comparisonSchemas';
import { useComparison } from '../hooks/useComparison';
import { unseenColumn } from '../lib/columns';
import { groupSystems } from '../lib/groupSystems';
import { sortBy, sortSystems, type Sorting } from '../lib/sortSystems';
import styles from './ComparisonView.module.css';
import { SplitChart } from './SplitChart';
import { SystemTable } from './SystemTable';

const bestOnUnseen: Sorting = { column: unseenColumn, order: unseenColumn.bestFirst };

function Systems({ comparison }: { comparison: Comparison }) {
  const [sorting, setSorting] = useState(bestOnUnseen);
  const groups = groupSystems(comparison.rows).map((group) => ({
    ...group,
    systems: sortSystems(group.systems, sorting),
  }));
  return (
    <>
      <section className="card ser-card" aria-labelledby="systems-heading">
        <div className="card-body">
          <h2 className="h6 mb-2" id="systems-heading">
            Systems side by side
          </h2>
          <p className={styles.text}>
            <strong>Unseen speakers:</strong> each clip is scored by a model that was trained without its
            speaker, so the figures are what to expect of a new voice. <strong>Random split:</strong> other clips of the
            same speaker were in training, so the figures are too high for a new voice.
          </p>
          <p className={styles.text}>
            Compare systems of one group only: another corpus, or another set of labels, is easier or harder.
          </p>
          <SystemTable
            groups={groups}
            sorting={sorting}
            onSort={(column) => {
              setSorting(sortBy(column, sorting));
            }}
          />
          <ul className={styles.notes}>
            <li>
              UAR (unweighted average recall): the share of the clips of a label that was recognised, on the
              mean over the labels. Under it, its 95% interval over speakers.
            </li>
            <li>
              Own baseline: unseen speakers, too, but features are normalised with the statistics of 20 other
              clips of the speaker. Only some systems take one.
            </li>
            <li>Accuracy and macro-F1 (the mean F1 of the labels) are those on unseen speakers.</li>
            <li>Time: from 3 s of sound to the answer, on one thread.</li>
            <li>
              False emotions: the share of ordinary speech in which a model is certain of an emotion that is
              not there.
            </li>
            <li>
              Measured on {comparison.created} with <code>{comparison.command}</code>.
            </li>
          </ul>
        </div>
      </section>
      <section className="card ser-card" aria-labelledby="splits-heading" data-testid="split-chart">
        <div className="card-body">
          <h2 className="h6 mb-3" id="splits-heading">
            UAR on unseen speakers and on a random split
          </h2>
          <SplitChart groups={groups} />
        </div>
      </section>
    </>
  );
}

function Content() {
  const { state, reload } = useComparison();
  if (state.phase === 'ready') return <Systems comparison={state.comparison} />;
  return (
    <section className="card ser-card" aria-label="Comparison of systems">
      <div className={`card-body ${styles.empty}`}>
        {state.phase === 'loading' && (
          <p className="text-body-secondary mb-0">Loading the comparison …</p>
        )}
        {state.phase === 'none' && (
          <StatusMessage
            icon={ChartColumn}
            title="No comparison yet"
            detail="This server has no figures of systems side by side: there is no comparison.json in its folder of models, or it cannot be read."
          />
        )}
        {state.phase === 'failed' && (
          <>
            <StatusMessage icon={TriangleAlert} title={state.problem.title} detail={state.problem.remedy} />
            <button
              type="button"
              className="btn ser-button"
              data-testid="reload-comparison"
              onClick={reload}
            >
              Try again
            </button>
          </>
        )}
      </div>
    </section>
  );
}

/** Published systems and the recommended models. */
export function ComparisonView() {
  return (
    <div className={styles.view} data-testid="comparison">
      <Content />
    </div>
  );
}
