import { render, screen, within } from '@testing-library/react';
import { afterEach, expect, it, vi } from 'vitest';
import { showLocale } from '@/lib/i18n';
import { SideBySide, type Compared } from './SideBySide';

afterEach(() => showLocale('en'));

const monday: Compared = {
  name: 'monday',
  head: null,
  lengths: '',
  shares: [
    { emotion: 'Happy', share: 0.4, amount: '12.0 s' },
    { emotion: 'Sad', share: 0.4, amount: '12.0 s' },
  ],
  uncertain: { share: 0.2, amount: '6.0 s' },
};
const tuesday: Compared = {
  ...monday,
  name: 'tuesday',
  shares: [{ emotion: 'Happy', share: 1, amount: '9.0 s' }],
  uncertain: { share: 0, amount: '0.0 s' },
};

function renderTable(...compared: [Compared, Compared]) {
  render(<SideBySide caption="Speech" compared={compared} onClose={vi.fn()} />);
}

function cells(name: string) {
  return within(screen.getByRole('row', { name: new RegExp(`^${name}`) })).getAllByRole('cell');
}

it('has what is uncertain in a row of its own, so that each column adds up', () => {
  renderTable(monday, tuesday);
  expect(cells('Uncertain').map((cell) => cell.textContent)).toEqual(['6.0 s (20%)', '0.0 s (0%)']);
  const percents = ['Happy', 'Sad', 'Uncertain'].map((name) =>
    Number(/\((\d+)%\)/.exec(cells(name)[0]?.textContent ?? '')?.[1]),
  );
  expect(percents.reduce((sum, each) => sum + each)).toBe(100);
  // Icon and hatching, besides the word.
  const row = screen.getByTestId('compared-uncertain');
  expect(within(row).getByRole('rowheader').querySelector('svg')).not.toBeNull();
  expect(row.querySelectorAll('[data-uncertain=true]').length).toBeGreaterThan(2);
});

it('has no such row where all belongs to an emotion', () => {
  const { name, head, lengths, shares } = tuesday;
  const file = { name, head, lengths, shares };
  renderTable(file, file);
  expect(screen.queryByRole('row', { name: /^Uncertain/ })).not.toBeInTheDocument();
});

it('speaks German', async () => {
  await showLocale('de');
  renderTable(monday, tuesday);
  expect(cells('Unsicher')).toHaveLength(2);
});
