import { render, screen } from '@testing-library/react';
import { expect, it } from 'vitest';
import type { EmotionSpan } from '@/lib/emotionSpan';
import { EmotionRibbon } from './EmotionRibbon';

const happy: EmotionSpan = {
  startS: 0,
  endS: 6,
  emotion: 'Happy',
  confidence: 0.8,
  isUncertain: false,
  probabilities: { Happy: 0.8, Sad: 0.2 },
};
const spans = [happy, { ...happy, startS: 8, endS: 12, emotion: 'Sad', isUncertain: true }];

it('draws each stretch where it is, and hatches an uncertain one', () => {
  render(<EmotionRibbon spans={spans} durationS={12} label="Happy, then maybe Sad" />);
  const ribbon = screen.getByRole('img', { name: 'Happy, then maybe Sad' });
  const [first, second] = ribbon.querySelectorAll<SVGElement>('[data-emotion]');
  expect(first).toHaveAttribute('width', '50.000%');
  expect(second).toHaveAttribute('x', '66.667%');
  expect(second?.dataset.uncertain).toBe('true');
  const pattern = ribbon.querySelector('pattern');
  expect(second?.style.fill).toContain(`#${pattern?.id ?? 'none'}`);
});

it('is decoration without a label, and marks the position', () => {
  render(<EmotionRibbon spans={spans} durationS={12} positionS={3} />);
  const ribbon = screen.getByTestId('emotion-ribbon');
  expect(ribbon).toHaveAttribute('aria-hidden', 'true');
  expect(ribbon.querySelector<HTMLElement>(':scope > span')?.style.left).toBe('25%');
});

it('is empty without anything to draw', () => {
  render(<EmotionRibbon spans={[]} durationS={0} positionS={0} />);
  expect(screen.getByTestId('emotion-ribbon').querySelector('rect, span')).toBeNull();
});
