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

function renderSelect(state: ModelsState, chosen?: Model, picked?: string) {
  const handlers = { reload: vi.fn(), onPick: vi.fn() };
  render(<ModelSelect state={state} picked={picked} chosen={chosen} {...handlers} />);
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

const problem = { code: 'server_away', title: 'The server cannot be reached', remedy: '' };

it('says that the list is missing, names no model, and can be tried again', async () => {
  const { reload } = renderSelect({ phase: 'failed', problem, isAsking: false });
  expect(screen.getByRole('status')).toHaveTextContent('The models could not be loaded');
  expect(screen.queryByRole('combobox')).not.toBeInTheDocument();
  await userEvent.click(screen.getByRole('button', { name: 'Try again' }));
  expect(reload).toHaveBeenCalledOnce();
});

it('is not asked twice at once', async () => {
  const { reload } = renderSelect({ phase: 'failed', problem, isAsking: true });
  await userEvent.click(screen.getByRole('button', { name: 'Loading …' }));
  expect(reload).not.toHaveBeenCalled();
});

it('takes the keyboard focus from the button that disappears', async () => {
  const handlers = { reload: vi.fn(), onPick: vi.fn(), picked: undefined };
  const { rerender } = render(
    <ModelSelect state={{ phase: 'failed', problem, isAsking: false }} chosen={undefined} {...handlers} />,
  );
  await userEvent.click(screen.getByRole('button', { name: 'Try again' }));
  rerender(<ModelSelect state={ready} chosen={six} {...handlers} />);
  expect(screen.getByRole('combobox')).toHaveFocus();
});

it('says where another model is used than was asked for', () => {
  renderSelect(ready, six, 'gone');
  expect(screen.getByRole('combobox')).toHaveValue(six.name);
  expect(screen.getByRole('status')).toHaveTextContent('“gone” is not on this server');
});

it('says nothing of the one that was asked for', () => {
  renderSelect(ready, four, four.name);
  expect(screen.getByRole('status')).toBeEmptyDOMElement();
});
