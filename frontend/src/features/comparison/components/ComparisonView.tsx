import ChartColumn from '~icons/lucide/chart-column';
import TriangleAlert from '~icons/lucide/triangle-alert';
import { useState } from 'react';
import { StatusMessage } from '@/components/StatusMessage';
import type { Comparison } from '@/lib/comparisonSchemas';
import { locale, t, type MessageId } from '@/lib/i18n';
import { useComparison } from '../hooks/useComparison';
import { unseenColumn } from '../lib/columns';
import { groupSystems } from '../lib/groupSystems';
import { sortBy, sortSystems, type Sorting } from '../lib/sortSystems';
import styles from './ComparisonView.module.css';
import { SplitChart } from './SplitChart';
import { SystemTable } from './SystemTable';

const notes: MessageId[] = [
  'comparison.note.uar',
  'comparison.note.own',
  'comparison.note.accuracy',
  'comparison.note.time',
  'comparison.note.false',
];

/** The server gives a day, as 2026-11-22. */
function formatDay(day: string): string {
  const atMs = Date.parse(day);
  if (Number.isNaN(atMs)) return day;
  const region = locale() === 'en' ? 'en-GB' : locale();
  return new Intl.DateTimeFormat(region, { dateStyle: 'long', timeZone: 'UTC' }).format(atMs);
}

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
            {t('comparison.heading')}
          </h2>
          <p className={styles.text}>
            <strong>{t('comparison.unseen')}:</strong> {t('comparison.unseenMeaning')}{' '}
            <strong>{t('comparison.random')}:</strong> {t('comparison.randomMeaning')}
          </p>
          <p className={styles.text}>{t('comparison.groupsOnly')}</p>
          <SystemTable
            groups={groups}
            sorting={sorting}
            onSort={(column) => {
              setSorting(sortBy(column, sorting));
            }}
          />
          <ul className={styles.notes}>
            {notes.map((note) => (
              <li key={note}>{t(note)}</li>
            ))}
            <li>
              {t('comparison.measured', { date: formatDay(comparison.created) })} <code>{comparison.command}</code>.
            </li>
          </ul>
        </div>
      </section>
      <section className="card ser-card" aria-labelledby="splits-heading" data-testid="split-chart">
        <div className="card-body">
          <h2 className="h6 mb-3" id="splits-heading">
            {t('comparison.splits')}
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
    <section className="card ser-card" aria-label={t('comparison.label')}>
      <div className={`card-body ${styles.empty}`}>
        {state.phase === 'loading' && (
          <p className="text-body-secondary mb-0">{t('comparison.loading')}</p>
        )}
        {state.phase === 'none' && (
          <StatusMessage
            icon={ChartColumn}
            title={t('comparison.none')}
            detail={t('comparison.noneDetail')}
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
              {t('common.tryAgain')}
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
