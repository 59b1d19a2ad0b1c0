import { expect, it } from 'vitest';
import type { System } from '@/lib/comparisonSchemas';
import { comparison } from '@/test/fixtures';
import { chanceUar, groupSystems } from './groupSystems';

const [first] = comparison.rows;
if (!first) throw new Error('The fixture has systems.');

const system = (changes: Partial<System>): System => ({ ...first, ...changes });

it('keeps apart what cannot be compared, and corpora together', () => {
  expect(groupSystems(comparison.rows).map(({ title, systems }) => [title, systems.length])).toEqual([
    ['CREMA-D, 6 emotions', 2],
    ['CREMA-D, 4 emotions', 2],
    ['CREMA-D, female and male voices', 1],
    ['RAVDESS, 8 emotions', 3],
    ['Hindi, 8 emotions', 2],
  ]);
});

it('takes the same labels in another order for the same', () => {
  const turned = system({ model: 'turned', labels: first.labels.toReversed() });
  const [group, ...others] = groupSystems([first, turned]);
  expect(group?.systems).toEqual([first, turned]);
  expect(others).toEqual([]);
});

it('tells other labels of the same number apart', () => {
  const groups = groupSystems([
    system({ labels: ['Angry', 'Sad'] }),
    system({ labels: ['Angry', 'Happy'] }),
  ]);
  expect(groups).toHaveLength(2);
  expect(new Set(groups.map(({ key }) => key)).size).toBe(2);
});

it('knows what guessing gives', () => {
  expect(groupSystems([first]).map(chanceUar)).toEqual([1 / 6]);
});
