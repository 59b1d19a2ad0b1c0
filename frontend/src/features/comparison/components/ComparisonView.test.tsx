import { render, screen, within } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { http, HttpResponse } from 'msw';
import { beforeEach, expect, it, vi } from 'vitest';
import comparisonAnswer from '@/test/comparison.json';
import { server } from '@/test/server';
import { ComparisonView } from './ComparisonView';

const answer = vi.fn(() => HttpResponse.json(comparisonAnswer as object));

function refuse(status: number, code: string, error: string) {
  return HttpResponse.json({ code, error }, { status });
}

beforeEach(() => {
  answer.mockReset().mockImplementation(() => HttpResponse.json(comparisonAnswer));
  server.use(http.get('/comparison', answer));
});

async function renderView() {
  render(<ComparisonView />);
  return screen.findByTestId('system-table');
}

function rowOf(name: string) {
  const row = screen.getAllByTestId('system-row').find((each) => each.textContent.includes(name));
  if (!row) throw new Error(`There is no row of ${name}.`);
  return row;
}

/** The names of the systems, group by group. */
function namesByGroup() {
  return screen
    .getAllByTestId('system-group')
    .map((group) => within(group).getAllByTestId('open-system').map((each) => each.textContent));
}

it('lists the systems by corpus and labels, the best on unseen speakers first', async () => {
  await renderView();
  expect(namesByGroup()).toEqual([
    ['cremad-6', 'cnn-lstm-42'],
    ['cremad-4', 'bilstm-cremad'],
    ['voice-gender'],
    ['cnn-lstm-voting', 'dense-105-8', 'mfcc-transformer'],
    ['hindi-svm', 'hindi-lstm'],
  ]);
  expect(screen.getByRole('rowheader', { name: /CREMA-D, 6 emotions/ })).toHaveTextContent(
    'Angry, Happy, Sad, Disgust, Fear, Neutral. One answer to everything gives 16.7% UAR.',
  );
});

it('shows every figure with its unit, and none that was not measured', async () => {
  await renderView();
  const cells = (name: string) =>
    within(rowOf(name))
      .getAllByRole('cell')
      .map((cell) => cell.textContent);
  expect(cells('cremad-6')).toEqual([
    '61.4% 58.8% to 64.0%',
    '64.8%',
    '75.3%',
    '61.4%',
    '62.2%',
    '1,429,966',
    '5.89 MB',
    '11.8 ms',
    '2.4%',
  ]);
  const missing = '–not measured';
  expect(cells('mfcc-transformer').slice(1)).toEqual([
    missing,
    missing,
    '39.6%',
    '39.8%',
    '8,123,904',
    missing,
    missing,
    missing,
  ]);
});

it('says what unseen speakers and a random split are, and how it was measured', async () => {
  await renderView();
  expect(screen.getByText(/trained without its speaker/)).toHaveTextContent('Random split:');
  expect(screen.getByText(/Measured on 22 November 2026/)).toHaveTextContent('ser compare');
});

it('sorts each group by any column, by keyboard too', async () => {
  await renderView();
  const heading = (name: RegExp) => screen.getByRole('columnheader', { name });
  expect(heading(/UAR, unseen/)).toHaveAttribute('aria-sort', 'descending');
  await userEvent.click(screen.getByRole('button', { name: /Parameters/ }));
  expect(heading(/Parameters/)).toHaveAttribute('aria-sort', 'ascending');
  expect(heading(/UAR, unseen/)).not.toHaveAttribute('aria-sort');
  expect(namesByGroup()[3]).toEqual(['dense-105-8', 'cnn-lstm-voting', 'mfcc-transformer']);
  await userEvent.keyboard('{Enter}');
  expect(heading(/Parameters/)).toHaveAttribute('aria-sort', 'descending');
  expect(namesByGroup()[3]).toEqual(['mfcc-transformer', 'cnn-lstm-voting', 'dense-105-8']);
});

it('shows more of a system: published figure, confusion matrix, card', async () => {
  await renderView();
  const open = within(rowOf('cnn-lstm-42')).getByRole('button');
  expect(open).toHaveAttribute('aria-expanded', 'false');
  await userEvent.click(open);
  expect(open).toHaveAttribute('aria-expanded', 'true');
  const details = screen.getByTestId('system-details');
  expect(open).toHaveAttribute('aria-controls', details.id);
  expect(details).toHaveTextContent('1,200 clips of 74 speakers, by 5 models');
  const claim = within(details).getByTestId('claim');
  expect(claim).toHaveTextContent(
    'Published accuracy97.1%Our accuracy, random split62.7%Our accuracy, unseen speakers48.5%',
  );
  expect(claim).toHaveTextContent('Noisy copies of the tested clips were in the training data.');
  expect(within(details).getByRole('img')).toHaveAccessibleName(/Confusion matrix of cnn-lstm-42/);
  expect(details).toHaveTextContent('Angry: 42.0% right, most often mistaken for Sad (27.0%)');
  expect(within(details).getByRole('link', { name: 'Model card of cnn-lstm-42' })).toHaveAttribute(
    'href',
    '/models/cnn-lstm-42/card',
  );
  await userEvent.click(open);
  expect(screen.queryByTestId('system-details')).not.toBeInTheDocument();
});

it('links no card of a system that the server does not have, and makes up no claim', async () => {
  await renderView();
  await userEvent.click(within(rowOf('mfcc-transformer')).getByRole('button'));
  const details = screen.getByTestId('system-details');
  expect(within(details).queryByRole('link')).not.toBeInTheDocument();
  expect(within(details).queryByTestId('claim')).not.toBeInTheDocument();
  expect(details).toHaveTextContent('This server has no model of it');
});

it('names a published claim without a figure', async () => {
  await renderView();
  await userEvent.click(within(rowOf('cnn-lstm-voting')).getByRole('button'));
  expect(screen.getByTestId('claim')).not.toHaveTextContent('Published accuracy');
  expect(screen.getByTestId('claim')).toHaveTextContent('There is nothing to compare ours with.');
});

it('keeps a system open while the table is sorted', async () => {
  await renderView();
  await userEvent.click(within(rowOf('hindi-lstm')).getByRole('button'));
  await userEvent.click(screen.getByRole('button', { name: /^System/ }));
  expect(rowOf('hindi-lstm').nextElementSibling).toBe(screen.getByTestId('system-details'));
});

it('draws both splits of each system beside each other, with their numbers', async () => {
  await renderView();
  const chart = within(screen.getByTestId('split-chart'));
  expect(chart.getAllByTestId('bar-unseen')).toHaveLength(10);
  expect(chart.getAllByTestId('bar-random')).toHaveLength(9);
  expect(chart.getAllByTestId('bar-unseen')[0]).toHaveTextContent('Unseen speakers: 61.4%');
  expect(chart.getAllByTestId('bar-random')[0]).toHaveTextContent('Random split: 75.3%');
});

it.each([
  ['has none', () => refuse(404, 'no_comparison', 'No comparison available')],
  ['has an empty one', () => HttpResponse.json({ ...comparisonAnswer, rows: [] })],
])('says so where the server %s', async (_case, respond) => {
  answer.mockImplementation(respond as typeof answer);
  render(<ComparisonView />);
  expect(await screen.findByText('No comparison yet')).toBeInTheDocument();
  expect(screen.queryByTestId('system-table')).not.toBeInTheDocument();
});

it.each([
  ['is broken', () => refuse(500, 'internal_error', 'Internal server error'), /Internal server error/],
  ['answers something else', () => HttpResponse.json({ rows: [{}] }), /could not be read/],
])('can be asked again when the server %s', async (_case, respond, words) => {
  answer.mockImplementation(respond as typeof answer);
  render(<ComparisonView />);
  expect(await screen.findByText(words)).toBeInTheDocument();
  answer.mockImplementation(() => HttpResponse.json(comparisonAnswer));
  await userEvent.click(screen.getByRole('button', { name: 'Try again' }));
  expect(await screen.findByTestId('system-table')).toBeInTheDocument();
});
