import { expect, it } from 'vitest';
import { comparison } from '@/test/fixtures';
import { figureColumns, systemColumn, unseenColumn } from './columns';
import { sortBy, sortSystems } from './sortSystems';

const ravdess = comparison.rows.filter(({ corpus }) => corpus === 'RAVDESS');
const names = (systems: typeof ravdess) => systems.map(({ model }) => model);

it('sorts by figures and by names, in both orders', () => {
  const ascending = sortSystems(ravdess, { column: systemColumn, order: 'ascending' });
  expect(names(ascending)).toEqual(['cnn-lstm-voting', 'dense-105-8', 'mfcc-transformer']);
  const descending = sortSystems(ravdess, { column: systemColumn, order: 'descending' });
  expect(names(descending)).toEqual(names(ascending).toReversed());
  expect(names(sortSystems(ravdess, { column: unseenColumn, order: 'descending' }))).toEqual([
    'cnn-lstm-voting',
    'dense-105-8',
    'mfcc-transformer',
  ]);
});

it.each(['ascending', 'descending'] as const)('puts what was not measured last: %s', (order) => {
  for (const name of ['random', 'size', 'time', 'false']) {
    const column = figureColumns.find((each) => each.name === name);
    if (!column) throw new Error(`There is no column ${name}.`);
    const sorted = sortSystems(ravdess.toReversed(), { column, order });
    expect(names(sorted).at(-1)).toBe('mfcc-transformer');
    const values = sorted.slice(0, -1).map((system) => Number(column.value(system)));
    expect(values).toEqual(
      values.toSorted((one, other) => (order === 'ascending' ? one - other : other - one)),
    );
  }
});

it('begins with the best, and turns round', () => {
  const byName = sortBy(systemColumn, { column: unseenColumn, order: 'descending' });
  expect(byName).toEqual({ column: systemColumn, order: 'ascending' });
  expect(sortBy(systemColumn, byName).order).toBe('descending');
  expect(sortBy(unseenColumn, byName).order).toBe('descending');
});

it('leaves the list as it was', () => {
  const before = names(ravdess);
  sortSystems(ravdess, { column: systemColumn, order: 'descending' });
  expect(names(ravdess)).toEqual(before);
});
