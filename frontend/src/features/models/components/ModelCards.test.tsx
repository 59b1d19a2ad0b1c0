import { render, screen, within } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { afterEach, expect, it, vi } from 'vitest';
import type { Model } from '@/lib/apiSchemas';
import { showLocale } from '@/lib/i18n';
import { model, otherModel, publishedModel } from '@/test/fixtures';
import type { ModelsState } from '../hooks/useModels';
import { ModelCards } from './ModelCards';

afterEach(() => showLocale('en'));

function ready(...models: Model[]): ModelsState {
  return { phase: 'ready', models: { default: models[0]?.name ?? '', models } };
}

function renderCards(state: ModelsState, chosen: Model | undefined = model) {
  const handlers = { reload: vi.fn(), onPick: vi.fn() };
  render(<ModelCards state={state} chosen={chosen} {...handlers} />);
  return handlers;
}

const tile = (name: string) => within(screen.getByTestId(`model-${name}`));

it('says in a sentence how often a model is right, and when it is uncertain', () => {
  renderCards(ready(model));
  const shown = tile(model.name);
  expect(shown.getByTestId('model-uar')).toHaveTextContent('62% right on voices it never heard');
  expect(shown.getByTestId('model-abstains')).toHaveTextContent('Below 45%: uncertain');
  expect(within(shown.getByRole('list', { name: 'Emotions' })).getAllByRole('listitem')).toHaveLength(4);
});

it('keeps how that was measured, and the licences, for those who look', () => {
  const cross_validated = { uar: 0.5678, low: 0.54, high: 0.59, speakers: 74 };
  renderCards(ready({ ...model, cross_validated }));
  const shown = tile(model.name);
  expect(shown.getByText('Details').closest('details')).not.toHaveAttribute('open');
  expect(shown.getByTestId('model-uar')).toHaveTextContent('57% right');
  expect(shown.getByTestId('model-score')).toHaveTextContent(
    '56.8% (95% interval: 54.0% to 59.0%). 74 speakers, each scored by a model trained without',
  );
  expect(shown.getByTestId('model-score')).toHaveTextContent('Guessing gives 25.0%.');
  expect(shown.getByText('427,844 parameters')).toBeInTheDocument();
  expect(shown.getByRole('link', { name: /Open Database License/ })).toHaveAttribute('href', model.licence_url);
  expect(shown.getByRole('link', { name: /^Model card/ })).toHaveAttribute('href', model.card_url);
});

it('names every corpus that a model was trained on, and its licence', () => {
  const further = { corpus: 'EmoDB', licence: 'CC0', licence_url: 'https://licence.example/', source: '' };
  renderCards(ready({ ...model, also_trained_on: [further] }));
  expect(screen.getByText('Trained on EmoDB')).toBeInTheDocument();
  expect(screen.getByRole('link', { name: 'CC0' })).toHaveAttribute('href', further.licence_url);
});

it('links no licence that has no address, as that of own recordings', () => {
  const own = { ...model, licence: 'that of whoever recorded them', licence_url: '' };
  renderCards(ready(own));
  expect(screen.getByText(own.licence)).not.toHaveAttribute('href');
});

it('marks the model in use, and lets another one be used', async () => {
  const { onPick } = renderCards(ready(model, otherModel));
  const used = tile(model.name).getByTestId('use-model');
  expect(screen.getByTestId(`model-${model.name}`)).toHaveAttribute('aria-current', 'true');
  expect(used).toHaveTextContent('In use');
  await userEvent.click(used);
  expect(onPick).not.toHaveBeenCalled();
  await userEvent.click(tile(otherModel.name).getByRole('button', { name: /^Use this model/ }));
  expect(onPick).toHaveBeenCalledExactlyOnceWith(otherModel.name);
});

it('puts the first choice first, and folds published systems', async () => {
  const six = { ...model, name: 'cremad-6', emotions: [...model.emotions, 'Neutral'] };
  const { onPick } = renderCards(ready(publishedModel, model, six));
  expect(screen.getAllByRole('heading', { level: 3 })[0]).toHaveTextContent('5 emotions (recommended)');
  const published = screen.getByTestId('published-models');
  expect(published).not.toHaveAttribute('open');
  await userEvent.click(screen.getByText(/Published systems, to compare with \(1\)/));
  await userEvent.click(tile(publishedModel.name).getByTestId('use-model'));
  expect(onPick).toHaveBeenCalledExactlyOnceWith(publishedModel.name);
});

it('shows a published system that is in use, and what its licence forbids', () => {
  renderCards(ready(model, publishedModel), publishedModel);
  expect(screen.getByTestId('published-models')).toHaveAttribute('open');
  expect(tile(publishedModel.name).getByTestId('model-restricted')).toHaveTextContent('such as commercial');
  expect(tile(publishedModel.name).getByText(/CC BY-NC-SA 4.0/)).toBeInTheDocument();
  expect(tile(model.name).queryByTestId('model-restricted')).not.toBeInTheDocument();
});

it.each([
  [{ uar: null, unseen_speakers: null }, 'Not measured'],
  [{ uar: 0.5, unseen_speakers: null }, '50% right'],
])('promises no more than was measured: %o', (measured, expected) => {
  renderCards(ready({ ...model, ...measured }));
  expect(screen.getByTestId('model-uar').textContent.trim()).toBe(expected);
});

it('says of a model that always has an answer that it is never uncertain', () => {
  renderCards(ready({ ...model, abstains_below: 0 }));
  expect(screen.getByTestId('model-abstains')).toHaveTextContent('Never uncertain');
});

it('speaks German', async () => {
  await showLocale('de');
  renderCards(ready(model));
  expect(screen.getByTestId('model-uar')).toHaveTextContent(/62\s%\srichtig bei Stimmen/);
  expect(screen.getByText('Wütend')).toBeInTheDocument();
  expect(screen.getByText('427.844 Parameter')).toBeInTheDocument();
});

it('says so while it waits, and can be tried again', async () => {
  renderCards({ phase: 'loading' }, undefined);
  expect(screen.getByText(/Loading the models/)).toBeInTheDocument();

  const problem = { code: 'server_away', title: 'The server cannot be reached', remedy: '' };
  const { reload } = renderCards({ phase: 'failed', problem, isAsking: false }, undefined);
  expect(screen.getByText(/could not be loaded. The server cannot be reached. Nothing is sent/)).toBeInTheDocument();
  await userEvent.click(screen.getByRole('button', { name: 'Try again' }));
  expect(reload).toHaveBeenCalledOnce();
});
