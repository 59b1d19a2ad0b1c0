import { render, screen, within } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { expect, it, vi } from 'vitest';
import type { Model } from '@/lib/apiSchemas';
import { model as four, publishedModel } from '@/test/fixtures';
import type { ModelsState } from '../hooks/useModels';
import { ModelSelect } from './ModelSelect';

const six = { ...four, name: 'cremad-6', emotions: [...four.emotions, 'Fear', 'Neutral'] };
const ready: ModelsState = {
  phase: 'ready',
  models: { default: four.name, models: [publishedModel, four, six] },
};

function renderSelect(state: ModelsState, chosen?: Model) {
  const handlers = { reload: vi.fn(), onPick: vi.fn() };
  render(<ModelSelect state={state} chosen={chosen} {...handlers} />);
  return handlers;
}

function names(group: string): (string | null)[] {
  const options = within(screen.getByRole('group', { name: group })).getAllByRole('option');
  return options.map((option) => option.textContent);
}

it('offers the first choice first, and published systems last', () => {
  renderSelect(ready, six);
  expect(names('Recommended')).toEqual(['6 emotions (recommended)', '4 emotions']);
  expect(names('Published systems')).toEqual(['dense-105']);
  expect(screen.getByRole('combobox', { name: 'Model' })).toHaveValue(six.name);
});

it('names no group without a model', () => {
  renderSelect({ phase: 'ready', models: { default: six.name, models: [six] } }, six);
  expect(screen.queryByRole('group', { name: 'Published systems' })).not.toBeInTheDocument();
});

it('passes on what was picked', async () => {
  const { onPick } = renderSelect(ready, six);
  await userEvent.selectOptions(screen.getByRole('combobox'), '4 emotions');
  expect(onPick).toHaveBeenCalledExactlyOnceWith(four.name);
});

it('says that it waits', () => {
  renderSelect({ phase: 'loading' });
  expect(screen.getByRole('combobox')).toBeDisabled();
  expect(screen.getByRole('combobox')).toHaveDisplayValue('Loading …');
});

it('can be tried again where the list is missing', async () => {
  const problem = { code: 'server_away', title: 'The server cannot be reached', remedy: '' };
  const { reload } = renderSelect({ phase: 'failed', problem });
  expect(screen.getByRole('combobox')).toBeDisabled();
  expect(screen.getByRole('combobox')).toHaveDisplayValue('Default model');
  await userEvent.click(screen.getByRole('button', { name: 'Try again' }));
  expect(reload).toHaveBeenCalledOnce();
});
