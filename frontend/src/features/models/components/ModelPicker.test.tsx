import { render, screen, within } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { expect, it, vi } from 'vitest';
import type { Model } from '@/lib/apiSchemas';
import { model, otherModel, publishedModel } from '@/test/fixtures';
import type { ModelsState } from '../hooks/useModels';
import { ModelPicker } from './ModelPicker';

function ready(...models: Model[]): ModelsState {
  return { phase: 'ready', models: { default: model.name, models } };
}

function renderPicker(state: ModelsState, chosen: Model | undefined = model) {
  const handlers = { reload: vi.fn(), onPick: vi.fn() };
  render(<ModelPicker state={state} chosen={chosen} {...handlers} />);
  return handlers;
}

it('shows the score on all speakers where there is one', () => {
  const cross_validated = { uar: 0.5678, low: 0.54, high: 0.59, speakers: 74 };
  const scored = { ...model, cross_validated };
  renderPicker(ready(scored), scored);
  expect(screen.getByTestId('model-uar')).toHaveTextContent(
    '57%, cross-validated over 74 speakers',
  );
});

it('shows the card of the only model, and nothing to choose', () => {
  renderPicker(ready(model));
  const card = screen.getByTestId('model-picker');
  expect(card).toHaveTextContent('4 emotions, trained on CREMA-D');
  expect(card).toHaveTextContent('427,844 parameters');
  expect(screen.getByTestId('model-uar')).toHaveTextContent('62%, measured on 18 speakers that were not in training');
  expect(screen.getByTestId('model-abstains')).toHaveTextContent('below 45% confidence');
  // The same word as beside such a result.
  expect(screen.getByText('Uncertain')).toBeInTheDocument();
  expect(
    within(screen.getByRole('list', { name: 'Emotions' })).getAllByRole('listitem'),
  ).toHaveLength(4);
  expect(screen.getByRole('link', { name: /Open Database License/ })).toHaveAttribute(
    'href',
    model.licence_url,
  );
  expect(screen.getByRole('link', { name: `Model card of ${model.name}` })).toHaveAttribute(
    'href',
    model.card_url,
  );
  for (const link of screen.getAllByRole('link')) expect(link).toHaveAttribute('target', '_blank');
  expect(screen.queryByRole('radio')).not.toBeInTheDocument();
});

it('names every corpus that a model was trained on, and its licence', () => {
  const source = 'Burkhardt, F., and others: A Database of German Emotional Speech, 2005';
  const further = { corpus: 'EmoDB', licence: 'CC0', licence_url: 'https://licence.example/', source };
  const both = { ...model, also_trained_on: [further] };
  renderPicker(ready(both), both);
  expect(screen.getByText('CREMA-D, EmoDB')).toBeInTheDocument();
  expect(screen.getByRole('link', { name: 'CC0' })).toHaveAttribute('href', further.licence_url);
  expect(screen.getByRole('link', { name: /Open Database License/ })).toHaveAttribute(
    'href',
    model.licence_url,
  );
});

it('lets one of several be chosen', async () => {
  const { onPick } = renderPicker(ready(model, otherModel));
  expect(screen.getByRole('radio', { name: model.name })).toBeChecked();
  const [chosen, other] = [model, otherModel].map(({ name }) => screen.getByTestId(`model-${name}`));
  expect(chosen).toHaveTextContent('Licence');
  expect(other).not.toHaveTextContent('Licence');
  await userEvent.click(screen.getByRole('radio', { name: otherModel.name }));
  expect(onPick).toHaveBeenCalledExactlyOnceWith(otherModel.name);
});

it('offers the recommended models first, and published systems where somebody looks for them', async () => {
  const { onPick } = renderPicker(ready(publishedModel, model, otherModel));
  const recommended = within(screen.getByRole('group', { name: 'Recommended' }));
  expect(recommended.getAllByRole('radio')).toHaveLength(2);
  const published = screen.getByTestId('published-models');
  expect(published).not.toHaveAttribute('open');
  await userEvent.click(screen.getByText(/Published systems, for comparison/));
  expect(published).toHaveAttribute('open');
  await userEvent.click(within(published).getByRole('radio', { name: publishedModel.name }));
  expect(onPick).toHaveBeenCalledExactlyOnceWith(publishedModel.name);
});

it('shows a published system that is chosen', () => {
  renderPicker(ready(model, publishedModel), publishedModel);
  expect(screen.getByTestId('published-models')).toHaveAttribute('open');
  expect(screen.getByRole('radio', { name: publishedModel.name })).toBeChecked();
});

it('names no groups where there is one', () => {
  renderPicker(ready(model, otherModel));
  expect(screen.queryByRole('heading', { name: 'Recommended' })).not.toBeInTheDocument();
  expect(screen.queryByTestId('published-models')).not.toBeInTheDocument();
});

it('says of the chosen model what its licence forbids', () => {
  renderPicker(ready(model, publishedModel), publishedModel);
  expect(screen.getAllByTestId('model-restricted')).toHaveLength(1);
  const notice = within(screen.getByTestId(`model-${publishedModel.name}`)).getByTestId('model-restricted');
  expect(notice).toHaveTextContent('Weights under CC BY-NC-SA 4.0 (non-commercial)');
  expect(notice).toHaveTextContent('forbids some uses, such as commercial ones');
});

it('does not make up a number that was not measured', () => {
  renderPicker(ready(model, otherModel));
  const other = within(screen.getByTestId(`model-${otherModel.name}`));
  expect(other.getByTestId('model-uar')).toHaveTextContent(/^not measured$/);
});

it('links no licence that has no address, as that of own recordings', () => {
  const own = { ...model, licence: 'that of whoever recorded them', licence_url: '' };
  renderPicker(ready(own), own);
  expect(screen.getByText(own.licence)).not.toHaveAttribute('href');
});

it('says of a model that always has an answer that it never abstains', () => {
  const certain = { ...model, abstains_below: 0 };
  renderPicker(ready(certain), certain);
  expect(screen.getByTestId('model-abstains')).toHaveTextContent(/^never$/);
});

it('says so while it waits, and can be tried again', async () => {
  renderPicker({ phase: 'loading' }, undefined);
  expect(screen.getByText(/Loading the models/)).toBeInTheDocument();

  const problem = { code: 'server_away', title: 'The server cannot be reached', remedy: '' };
  const { reload } = renderPicker({ phase: 'failed', problem }, undefined);
  expect(screen.getByText(/cannot be reached/)).toBeInTheDocument();
  await userEvent.click(screen.getByRole('button', { name: 'Try again' }));
  expect(reload).toHaveBeenCalledOnce();
});
