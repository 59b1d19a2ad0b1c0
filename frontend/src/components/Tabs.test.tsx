import { render, screen } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { useState } from 'react';
import { expect, it } from 'vitest';
import { Tabs } from './Tabs';

const tabs = [
  { name: 'one', label: 'One' },
  { name: 'two', label: 'Two' },
];

function Harness() {
  const [selected, setSelected] = useState('one');
  return <Tabs label="Views" tabs={tabs} selected={selected} onSelect={setSelected} />;
}

it('is left and entered with Tab, and walked with the arrow keys', async () => {
  render(<Harness />);
  const one = screen.getByRole('tab', { name: 'One' });
  const two = screen.getByRole('tab', { name: 'Two' });
  await userEvent.tab();
  expect(one).toHaveFocus();
  await userEvent.keyboard('{ArrowRight}');
  expect(two).toHaveFocus();
  expect(two).toHaveAttribute('aria-selected', 'true');
  await userEvent.keyboard('{ArrowRight}');
  expect(one).toHaveFocus();
  await userEvent.keyboard('{ArrowLeft}');
  expect(two).toHaveFocus();
  await userEvent.tab();
  expect(document.body).toHaveFocus();
});

it('is walked by pointer', async () => {
  render(<Harness />);
  await userEvent.click(screen.getByRole('tab', { name: 'Two' }));
  expect(screen.getByRole('tab', { name: 'One' })).toHaveAttribute('aria-selected', 'false');
});
