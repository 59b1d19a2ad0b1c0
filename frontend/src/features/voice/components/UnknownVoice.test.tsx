import { act, render, screen } from '@testing-library/react';
import { afterEach, expect, it } from 'vitest';
import { BaselineStore } from '../lib/baselineStore';
import { model } from '@/test/fixtures';
import { UnknownVoice } from './UnknownVoice';

afterEach(() => {
  localStorage.clear();
});

it('says how much of the voice is known, until there is enough', () => {
  const baselines = new BaselineStore();
  render(<UnknownVoice baselines={baselines} model={model} />);
  const note = screen.getByTestId('unknown-voice');
  const grow = (speechS: number) => {
    act(() => {
      baselines.grow(baselines.take(model.baseline_kind), { token: 'grown', speechS });
    });
  };
  expect(note).toHaveTextContent(
    'Getting to know your voice: 0 of 5 s Until then, weak emotions are uncertain.',
  );
  grow(4.9);
  expect(note).toHaveTextContent('4 of 5 s');
  grow(5);
  expect(note).not.toBeInTheDocument();
});

it('promises nothing while it does not learn', () => {
  const baselines = new BaselineStore();
  baselines.adapt(false);
  render(<UnknownVoice baselines={baselines} model={model} />);
  expect(screen.getByTestId('unknown-voice')).toHaveTextContent(
    'Your voice is not known Weak emotions are shown as uncertain.',
  );
});

it.each([
  ['no model', undefined],
  ['a server that names no length', { ...model, min_baseline_s: undefined }],
])('says nothing: %s', (_, asked) => {
  render(<UnknownVoice baselines={new BaselineStore()} model={asked} />);
  expect(screen.queryByTestId('unknown-voice')).not.toBeInTheDocument();
});
