import ArrowDown from '~icons/lucide/arrow-down';
import ArrowUp from '~icons/lucide/arrow-up';
import ChevronDown from '~icons/lucide/chevron-down';
import ChevronRight from '~icons/lucide/chevron-right';
import { useId, useState } from 'react';
import type { System } from '@/lib/comparisonSchemas';
import { formatExactPercent } from '@/lib/format';
import { emotionName, t } from '@/lib/i18n';
import { figureColumns, systemColumn, unseenColumn, type Column } from '../lib/columns';
import { chanceUar, systemKey, type SystemGroup } from '../lib/groupSystems';
import type { Sorting } from '../lib/sortSystems';
import { SystemDetails } from './SystemDetails';
import styles from './SystemTable.module.css';

const COLUMN_COUNT = 1 + figureColumns.length;

interface HeadingProps {
  column: Column;
  sorting: Sorting;
  onSort: (column: Column) => void;
}

function Heading({ column, sorting, onSort }: HeadingProps) {
  const order = column.name === sorting.column.name ? sorting.order : undefined;
  return (
    <th scope="col" aria-sort={order}>
      <button
        type="button"
        className={styles.sort}
        data-testid={`sort-${column.name}`}
        onClick={() => {
          onSort(column);
        }}
      >
        {t(column.title)}
        <span className={styles.arrow} aria-hidden="true">
          {order === 'ascending' && <ArrowUp />}
          {order === 'descending' && <ArrowDown />}
        </span>
      </button>
    </th>
  );
}

function Figure({ column, system }: { column: Column; system: System }) {
  const text = column.text(system);
  const { low, high } = system.unseen.uar;
  return (
    <td>
      {text ?? (
        <>
          <span aria-hidden="true">–</span>
          <span className="visually-hidden">{t('comparison.notMeasured')}</span>
        </>
      )}
      {column === unseenColumn && (
        <span className={styles.interval}>
          {' '}
          {t('comparison.range', { low: formatExactPercent(low), high: formatExactPercent(high) })}
        </span>
      )}
    </td>
  );
}

function SystemRow({ system }: { system: System }) {
  const [isOpen, setIsOpen] = useState(false);
  const detailsId = useId();
  return (
    <>
      <tr data-testid="system-row" data-open={isOpen}>
        <th scope="row">
          <button
            type="button"
            className={styles.open}
            aria-expanded={isOpen}
            aria-controls={isOpen ? detailsId : undefined}
            data-testid="open-system"
            onClick={() => {
              setIsOpen(!isOpen);
            }}
          >
            <span className={styles.mark} aria-hidden="true">
              {isOpen ? <ChevronDown /> : <ChevronRight />}
            </span>
            {system.model}
          </button>
          <span className={styles.kind}>{t(`comparison.kind.${system.group}`)}</span>
        </th>
        {figureColumns.map((column) => (
          <Figure key={column.name} column={column} system={system} />
        ))}
      </tr>
      {isOpen && (
        <tr id={detailsId} data-testid="system-details">
          <td colSpan={COLUMN_COUNT} className={styles.spanning}>
            <div className={styles.shown}>
              <SystemDetails system={system} />
            </div>
          </td>
        </tr>
      )}
    </>
  );
}

interface SystemTableProps {
  /** Sorted already. */
  groups: SystemGroup[];
  sorting: Sorting;
  onSort: (column: Column) => void;
}

export function SystemTable({ groups, sorting, onSort }: SystemTableProps) {
  return (
    <div
      className={styles.scroller}
      role="region"
      aria-label={t('comparison.table')}
      // A scroller must be focusable to be scrolled by keyboard.
      // eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex
      tabIndex={0}
    >
      <table className={styles.table} data-testid="system-table">
        <caption className="visually-hidden">{t('comparison.caption')}</caption>
        <thead>
          <tr>
            {[systemColumn, ...figureColumns].map((column) => (
              <Heading key={column.name} column={column} sorting={sorting} onSort={onSort} />
            ))}
          </tr>
        </thead>
        {groups.map((group) => (
          <tbody key={group.key} data-testid="system-group">
            <tr className={styles.group}>
              <th scope="rowgroup" colSpan={COLUMN_COUNT} className={styles.spanning}>
                <div className={styles.shown}>
                  <span className={styles.title}>{group.title}</span>{' '}
                  <span className={styles.labels}>
                    {group.labels.map(emotionName).join(', ')}.{' '}
                    {t('comparison.guessing', { percent: formatExactPercent(chanceUar(group)) })}
                  </span>
                </div>
              </th>
            </tr>
            {group.systems.map((system) => (
              <SystemRow key={systemKey(system)} system={system} />
            ))}
          </tbody>
        ))}
      </table>
    </div>
  );
}
