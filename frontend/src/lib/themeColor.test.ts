import { waitFor } from '@testing-library/react';
import { afterEach, expect, it, vi } from 'vitest';
import { emotionColor, observeTheme } from './themeColor';

afterEach(() => {
  document.documentElement.removeAttribute('style');
});

it('mixes the colour of an emotion with the lightness of the theme', () => {
  document.documentElement.style.setProperty('--ser-emotion-lightness', ' 0.62');
  expect(emotionColor('Sad')).toBe('oklch(0.62 0.13 250 / 1)');
  expect(emotionColor('Sad', 0.3)).toBe('oklch(0.62 0.13 250 / 0.3)');
});

it('reports theme changes until it is stopped', async () => {
  const onChange = vi.fn();
  const stop = observeTheme(onChange);
  document.documentElement.dataset.bsTheme = 'changed';
  await waitFor(() => {
    expect(onChange).toHaveBeenCalledOnce();
  });
  stop();
  document.documentElement.dataset.bsTheme = 'changed again';
  await Promise.resolve();
  expect(onChange).toHaveBeenCalledOnce();
});
